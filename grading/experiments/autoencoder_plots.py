"""Pictures of trained autoencoders: bounds per epoch, K on one axis, images, the latent space, the gradient's noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Integer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from scipy.linalg import eigh

from grading.experiments import evaluation
from grading.experiments.autoencoders import Measured
from grading.experiments.mnist import Digits
from grading.submission import Model

SIDE = 28
DRAWS = (1, 2, 5, 10, 20, 50, 100, 200)
PRINCIPAL = 20


def bounds_per_epoch(measured: Sequence[Measured]) -> Figure:
    """Train (dashed) and test (solid) bounds after each epoch, each at the K that was trained."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for place, each in enumerate(measured):
        epochs, colour = [e.number for e in each.trained.trace], f"C{place}"
        axes.plot(epochs, [e.test_bound for e in each.trained.trace], ".-", color=colour, label=each.name)
        axes.plot(epochs, [e.train_bound for e in each.trained.trace], color=colour, linestyle="--", linewidth=1)
    axes.plot([], [], color="black", linestyle="--", linewidth=1, label="on training images")
    axes.set(xlabel="epoch", ylabel="bound at the trained K (nats)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    return figure


@dataclass(frozen=True)
class Beside:
    """A run's test bound beside those of correct runs and the lowest that is accepted, in nats."""

    name: str
    bound: evaluation.Bound
    correct: tuple[float, ...]
    lowest: float

    def __str__(self) -> str:
        return (
            f"{self.name}: L_50 = {self.bound.mean:.2f} ± {self.bound.standard_error:.2f}; {len(self.correct)} correct "
            f"runs from {min(self.correct):.2f} to {max(self.correct):.2f}; accepted from {self.lowest:.2f}."
        )


def beside_correct_runs(rows: Sequence[Beside]) -> Figure:
    """One line a run: the accepted range as a band, correct runs as ticks, the run itself as a dot."""
    figure = Figure(figsize=(7, 0.9 + 0.5 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    places, top = np.arange(len(rows)), max(max(*each.correct, each.bound.mean) for each in rows) + 2
    lowest = np.array([each.lowest for each in rows])
    axes.barh(places, top - lowest, left=lowest, height=0.55, color="#1b7837", alpha=0.2, label="accepted")
    correct = np.array([(bound, place) for place, each in enumerate(rows) for bound in each.correct])
    axes.plot(*correct.T, "|", markersize=14, color="#1b7837", label="correct runs")
    found, error = np.array([(each.bound.mean, each.bound.standard_error) for each in rows]).T
    axes.errorbar(found, places, xerr=error, fmt="o", color="black", capsize=3, label="this work, ± 1 standard error")
    axes.set_yticks(range(len(rows)), [each.name for each in rows])
    axes.set(xlabel="test bound L_50 (nats)", xlim=(None, top))
    axes.invert_yaxis()
    figure.legend(frameon=False, loc="outside upper center", ncols=3)
    return figure


def bounds_on_one_axis(bounds: dict[str, dict[int, float]], images: int) -> Figure:
    """Test bound L_K of every trained model against the K at which it is measured: the model told from the bound."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for name, found in bounds.items():
        axes.plot(list(found), list(found.values()), marker=".", label=f"trained as {name}")
    axes.set(xscale="log", xlabel="K at which the bound is measured", ylabel=f"test bound L_K (nats, {images} images)")
    numbered(axes, DRAWS)
    axes.legend(frameon=False)
    return figure


def bounds_by_draws(networks: dict[str, Any], digits: Digits, images: int = 200) -> dict[str, dict[int, float]]:
    """L_K of every trained model for each K of `DRAWS`, all from the same draws: K falls into blocks of them."""
    found = {}
    for name, network in networks.items():
        log_w = evaluation.log_weights_of(network, digits.test[:images], DRAWS[-1])
        found[name] = {K: evaluation.in_blocks(log_w, K) for K in DRAWS}
    return found


def numbered(axes: Axes, ticks: Sequence[float]) -> None:
    """These ticks on a logarithmic axis, in plain numbers."""
    axes.set_xticks(list(ticks), [f"{each:g}" for each in ticks])
    axes.set_xticks([], minor=True)


@torch.no_grad()
def images(network: Any, digits: Digits, n: int = 10, seed: int = 0) -> Figure:
    """Test digits, their reconstructions from the posterior mean, and samples from the prior."""
    x = evaluation.grey(digits.test[np.linspace(0, len(digits.test) - 1, n).astype(int)])
    mean, _ = network.encoder(x)
    z = torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))
    rows = [x, torch.sigmoid(network.decoder(mean)), torch.sigmoid(network.decoder(z))]
    tiled = torch.cat([row.reshape(n, SIDE, SIDE).permute(1, 0, 2).reshape(SIDE, n * SIDE) for row in rows])
    figure = Figure(figsize=(8, 2.5), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(tiled.numpy(), cmap="gray_r", vmin=0, vmax=1)
    axes.set_yticks([SIDE // 2 + SIDE * k for k in range(3)], ["test digit", "reconstruction", "sample"])
    axes.set_xticks([])
    return figure


@torch.no_grad()
def latent_space(network: Any, digits: Digits, n: int = 1000) -> Figure:
    """Posterior means of test digits in the two directions that separate the classes best."""
    step = max(1, len(digits.test) // n)
    mean, labels = network.encoder(evaluation.grey(digits.test[::step]))[0].numpy(), digits.test_labels[::step]
    place = discriminants(mean, labels)
    figure = Figure(figsize=(5.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for digit in range(10):
        across, up = place[labels == digit].T
        axes.scatter(across, up, s=6, color=f"C{digit}", alpha=0.6, linewidths=0)
        axes.text(across.mean(), up.mean(), str(digit), fontsize=15, weight="bold", ha="center", va="center",
                  color=f"C{digit}", path_effects=[withStroke(linewidth=3, foreground="white")])  # fmt: skip
    axes.set(xlabel="first discriminant of the posterior means", ylabel="second")
    axes.set(xticks=[], yticks=[])
    return figure


def discriminants(mean: Float[np.ndarray, "n D"], labels: Integer[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
    """Fisher's linear discriminants of the first `PRINCIPAL` components: largest spread of the classes' means over the
    spread within classes.  In all directions some would separate a few hundred points by chance."""
    centred = mean - mean.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    component = centred @ directions[:PRINCIPAL].T
    centre = np.stack([component[labels == digit].mean(0) for digit in range(10)])
    within = np.cov((component - centre[labels]).T)
    _, vectors = eigh(np.cov(centre.T), within)
    return component @ vectors[:, :-3:-1]


def signal_to_noise(gradients: Float[np.ndarray, "n P"]) -> float:
    """|E g| / sqrt(tr Cov g) from n draws of the gradient; what chance adds to |mean|² is taken out."""
    noise = gradients.var(0, ddof=1).sum()
    signal = np.square(gradients.mean(0)).sum() - noise / len(gradients)
    return float(np.sqrt(max(signal, 0.0) / noise))


def signal_to_noise_against_draws(ratios: dict[int, tuple[float, float]]) -> Figure:
    """Signal-to-noise ratio of encoder and decoder gradients against K, with the slopes of Rainforth et al. 2018."""
    figure, draws = Figure(figsize=(6, 4), layout="constrained"), np.array(list(ratios))
    axes = figure.add_subplot()
    for place, (name, power) in enumerate((("encoder", -0.5), ("decoder", 0.5))):
        values = np.array([ratios[K][place] for K in ratios])
        axes.plot(draws, values, "o-", color=f"C{place}", label=name)
        slope = values[0] * (draws / draws[0]) ** power
        label = "slopes -1/2 and 1/2, for large K" if place else None
        axes.plot(draws, slope, ":", color="black", linewidth=1, label=label)
    axes.set(xscale="log", yscale="log", xlabel="K", ylabel="signal-to-noise ratio of the gradient")
    numbered(axes, list(ratios))
    axes.legend(frameon=False)
    return figure


def model_of(network: Any) -> Model:
    """The arrays of a trained network, to hand to a submission again."""

    def pair(layer: Any) -> tuple[Any, Any]:
        """Weight and bias."""
        return layer.weight.detach().numpy(), layer.bias.detach().numpy()

    def pairs(stack: Any) -> list[tuple[Any, Any]]:
        """Those of the affine layers."""
        return [pair(layer) for layer in stack if isinstance(layer, torch.nn.Linear)]

    encoder = network.encoder
    return Model(pairs(encoder.hidden), pair(encoder.mean), pair(encoder.log_var), pairs(network.decoder))
