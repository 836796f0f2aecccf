"""Pictures of trained autoencoders: bounds per epoch, K on one axis, images, the latent space, the gradient's noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure

from grading.experiments import evaluation
from grading.experiments.autoencoders import Measured
from grading.experiments.mnist import Digits
from grading.submission import Model

SIDE = 28


def bounds_per_epoch(measured: Sequence[Measured]) -> Figure:
    """Train (dashed) and test (solid) bounds after each epoch, each at the K that was trained."""
    figure = Figure(figsize=(7, 4))
    axes = figure.add_subplot()
    for place, each in enumerate(measured):
        epochs, colour = [e.number for e in each.trained.trace], f"C{place}"
        axes.plot(epochs, [e.test_bound for e in each.trained.trace], color=colour, label=each.name)
        axes.plot(epochs, [e.train_bound for e in each.trained.trace], color=colour, linestyle="--", linewidth=1)
    axes.set_xlabel("epoch")
    axes.set_ylabel("bound at the trained K (nats)")
    axes.legend(frameon=False)
    return figure


def bounds_on_one_axis(measured: Sequence[Measured], digits: Digits, images: int = 200) -> Figure:
    """Test bound L_K of every trained model against the K at which it is measured: the model told from the bound."""
    figure, draws = Figure(figsize=(7, 4)), [1, 2, 5, 10, 20, 50, 100, 200]
    axes = figure.add_subplot()
    for each in measured:
        found = [evaluation.bound(each.trained.network, digits.test[:images], K) for K in draws]
        axes.plot(draws, [b.mean for b in found], marker=".", label=f"trained as {each.name}")
    axes.set_xscale("log")
    axes.set_xlabel("K at which the bound is measured")
    axes.set_ylabel(f"test bound L_K (nats, {images} images)")
    axes.legend(frameon=False)
    return figure


@torch.no_grad()
def images(network: Any, digits: Digits, n: int = 10, seed: int = 0) -> Figure:
    """Test digits, their reconstructions from the posterior mean, and samples from the prior."""
    x = evaluation.grey(digits.test[np.linspace(0, len(digits.test) - 1, n).astype(int)])
    mean, _ = network.encoder(x)
    z = torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))
    rows = [x, torch.sigmoid(network.decoder(mean)), torch.sigmoid(network.decoder(z))]
    tiled = torch.cat([row.reshape(n, SIDE, SIDE).permute(1, 0, 2).reshape(SIDE, n * SIDE) for row in rows])
    figure = Figure(figsize=(7, 2.2))
    axes = figure.add_subplot()
    axes.imshow(tiled.numpy(), cmap="gray_r", vmin=0, vmax=1)
    axes.set_yticks([SIDE // 2 + SIDE * k for k in range(3)], ["test digit", "reconstruction", "sample"])
    axes.set_xticks([])
    return figure


@torch.no_grad()
def latent_space(network: Any, digits: Digits, n: int = 600) -> Figure:
    """Posterior means of test digits in their first two principal directions, by class."""
    mean, _ = network.encoder(evaluation.grey(digits.test[:: max(1, len(digits.test) // n)]))
    labels = digits.test_labels[:: max(1, len(digits.test) // n)]
    centred = mean - mean.mean(0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    place = (centred @ directions[:2].T).numpy()
    figure = Figure(figsize=(5, 4))
    axes = figure.add_subplot()
    for digit in range(10):
        across, up = place[labels == digit].T
        axes.scatter(across, up, s=4, color=f"C{digit}", label=str(digit))
    axes.set_xlabel("first principal direction")
    axes.set_ylabel("second")
    axes.legend(frameon=False, markerscale=3, ncols=2)
    return figure


def signal_to_noise(gradients: Float[np.ndarray, "n P"]) -> float:
    """|mean| / standard deviation of each coordinate over n draws, averaged over the coordinates that move."""
    sd = gradients.std(0, ddof=1)
    moving = sd > 1e-12
    return float((np.abs(gradients.mean(0))[moving] / sd[moving]).mean())


def signal_to_noise_against_draws(ratios: dict[int, tuple[float, float]]) -> Figure:
    """Signal-to-noise ratio of encoder and decoder gradients against K (Rainforth et al. 2018)."""
    figure, draws = Figure(figsize=(6, 4)), list(ratios)
    axes = figure.add_subplot()
    axes.plot(draws, [ratios[K][0] for K in draws], marker="o", label="encoder")
    axes.plot(draws, [ratios[K][1] for K in draws], marker="o", label="decoder")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("K")
    axes.set_ylabel("|mean| / standard deviation")
    axes.legend(frameon=False)
    return figure


def model_of(network: Any) -> Model:
    """The arrays of a trained network, to hand to a submission again."""

    def pair(layer: Any) -> tuple[Any, Any]:
        return layer.weight.detach().numpy(), layer.bias.detach().numpy()

    def pairs(stack: Any) -> list[tuple[Any, Any]]:
        return [pair(layer) for layer in stack if isinstance(layer, torch.nn.Linear)]

    encoder = network.encoder
    return Model(pairs(encoder.hidden), pair(encoder.mean), pair(encoder.log_var), pairs(network.decoder))
