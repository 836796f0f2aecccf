"""Pictures of the experiment of 2.2.18 and 2.2.19: both paths on the likelihood surface, and the loss by epoch."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grading.experiments.gamma_descent import METHODS, NEAR, Race

COLOURS = {"gradient_descent": "#b35806", "natural_gradient_descent": "#2166ac"}
NAMES = {"gradient_descent": "gradient descent", "natural_gradient_descent": "natural gradient descent"}


def surface(race: Race, ends: dict[str, float]) -> Figure:
    """Left: the paths over contours of the loss. Right: the excess loss, epoch by epoch, and below which excess correct
    runs of each method end."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    contours(left, race)
    for method in METHODS:
        style = {"color": COLOURS[method], "label": NAMES[method]}
        left.plot(*race.paths[method].T, ".-", markersize=3, linewidth=1, **style)
        right.semilogy(np.maximum(race.excess(method), 1e-16), **style)
    left.plot(*race.likelihood.optimum, "k*", markersize=11, label="maximum likelihood")
    left.set(xscale="log", yscale="log", xlabel="alpha (shape)", ylabel="beta (scale)")
    left.legend(fontsize="small")
    right.axhline(NEAR, color="black", linewidth=0.8, linestyle=":")
    for method, most in ends.items():
        last = len(race.paths[method]) - 1
        right.plot([0.93 * last, last], [most, most], color=COLOURS[method], linewidth=4, solid_capstyle="butt")
    right.plot([], [], color="grey", linewidth=4, label="correct runs end below this")
    right.legend(fontsize="small")
    right.set(xlabel="epoch", ylabel="average loss above its minimum (nats)")
    return figure


def contours(axes: Axes, race: Race) -> None:
    """The loss around the paths, in nats above its minimum."""
    visited = np.concatenate([*race.paths.values(), race.likelihood.optimum[None]])
    low, high = visited.min(axis=0) / 1.4, visited.max(axis=0) * 1.4
    alpha, beta = np.meshgrid(np.geomspace(low[0], high[0], 60), np.geomspace(low[1], high[1], 60))
    excess = race.likelihood.loss(np.stack([alpha, beta], axis=-1)) - race.likelihood.loss(race.likelihood.optimum)
    axes.contour(alpha, beta, excess, levels=np.geomspace(0.003, 10, 12), cmap="Greys_r", linewidths=0.6)


def describe(race: Race) -> str:
    """The same figure in words."""
    alpha, beta = race.likelihood.optimum
    sentences = []
    for method in METHODS:
        end, epochs = race.paths[method][-1], race.epochs(method)
        arrived = f"within {NEAR} nats after {epochs} epochs" if epochs is not None else f"never within {NEAR} nats"
        sentences.append(f"{NAMES[method].capitalize()} ends at ({end[0]:.3f}, {end[1]:.3f}), {arrived}.")
    return (
        "Contours of the average loss over shape and scale, with both paths and the maximum likelihood estimate "
        f"({alpha:.3f}, {beta:.3f}); beside it the loss above its minimum by epoch. " + " ".join(sentences)
    )
