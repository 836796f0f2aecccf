"""When the score term is a control variate: variances of a gradient with it and without it, against the width of q.

The posterior is N(a, 1) and q = N(m, s²).  Per draw, the ELBO's gradient in m is path + score term.  A gradient that is
a polynomial of degree two or less in the noise has its mean, variance and covariance from three weighted draws, the
nodes of Gauss-Hermite quadrature.  Roeder, Wu, Duvenaud 2017, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

FAR, NEAR = 0.4, 0.9
WIDTHS = (0.3, FAR, 0.5, 0.6, 0.7, 0.8, NEAR, 1.0, 1.15, 1.4, 2.0)
"""Standard deviations of q; the posterior's is 1."""
NODES = np.sqrt(3) * np.array([-1.0, 0.0, 1.0])
WEIGHTS = np.array([1, 4, 1]) / 6
Draws = Float[np.ndarray, " 3"]


@dataclass(frozen=True)
class Moments:
    """Second moments of one draw of the gradient."""

    total: float
    """Variance with the score term."""
    path: float
    """Variance without it."""
    score: float
    covariance: float
    """Of score term and path: total = path + score + 2 covariance."""

    @property
    def twice_covariance(self) -> float:
        """What the covariance adds to the variance."""
        return 2 * self.covariance

    @property
    def added(self) -> float:
        """What the score term adds to the variance; below zero it is a control variate that helps."""
        return self.score + self.twice_covariance

    @classmethod
    def of(cls, total: Draws, path: Draws) -> Moments:
        """From the gradients at `NODES`, with the score term and without it."""
        score = total - path
        return cls(moment(total, total), moment(path, path), moment(score, score), moment(score, path))


def moment(a: Draws, b: Draws) -> float:
    """Covariance of two functions of the noise, from their values at `NODES`."""
    return float(WEIGHTS @ ((a - WEIGHTS @ a) * (b - WEIGHTS @ b)))


def exact(s: float) -> Moments:
    """In closed form: path = a - m + (1/s - s) ε and score term = -ε/s."""
    return Moments(total=s**2, path=(1 / s - s) ** 2, score=1 / s**2, covariance=1 - 1 / s**2)


LEFT = (
    ("path", "without the score term (path derivative)", "#b35806"),
    ("total", "with it (total derivative)", "#2166ac"),
)
RIGHT = (
    ("score", "variance of the score term", "#762a83"),
    ("twice_covariance", "twice its covariance with the path", "#1b7837"),
    ("added", "sum: what the score term adds", "black"),
)


def figure(measured: dict[float, Moments]) -> Figure:
    """Left: the variance with and without the score term.  Right: what the score term adds, and why."""
    drawn = Figure(figsize=(9.6, 4.2), layout="constrained")
    variance, added = drawn.subplots(1, 2)
    curves(variance, measured, LEFT)
    curves(added, measured, RIGHT)
    variance.set(yscale="log", ylim=(1e-3, 200), title="Variance of one draw of the gradient in m")
    added.axhline(0, color="black", linewidth=0.8)
    added.set(ylim=(-22, 22), title="What the score term adds to it")
    for axes in (variance, added):
        axes.axvspan(min(measured) / 1.1, np.sqrt(0.5), color="#2166ac", alpha=0.08, label="the score term helps")
        axes.axvline(1, color="black", linewidth=0.8, linestyle=":")
        axes.set(xscale="log", xlabel="standard deviation s of q; the posterior's is 1")
        axes.set_xlim(min(measured) / 1.1, max(measured) * 1.1)
        axes.set_xticks([0.3, 0.5, 0.707, 1, 2], ["0.3", "0.5", "0.71", "1", "2"], minor=False)
        axes.set_xticks([], minor=True)
        axes.legend(frameon=False, loc="upper right", fontsize="small")
    return drawn


def curves(axes: Axes, measured: dict[float, Moments], which: tuple[tuple[str, str, str], ...]) -> None:
    """Exact values as lines, measured ones as dots."""
    fine = np.geomspace(min(measured), max(measured), 400)
    for name, label, colour in which:
        axes.plot(fine, [getattr(exact(s), name) for s in fine], color=colour, linewidth=1)
        values = [getattr(each, name) for each in measured.values()]
        axes.plot(list(measured), values, "o", color=colour, label=label, markersize=4)


def describe(measured: dict[float, Moments]) -> str:
    """The same figure in words."""
    narrow, near = (measured[s] for s in (FAR, NEAR))
    return (
        "Exact values as lines, measured ones as dots, against the standard deviation s of q; the posterior's is 1. "
        f"At s = {FAR:g} the variance is {narrow.path:.3g} without the score term and {narrow.total:.3g} with it, the "
        f"covariance is {narrow.covariance:.3g}; at s = {NEAR:g} it is {near.path:.3g} without and {near.total:.3g} "
        "with it. The lines cross at s = 0.71; at s = 1 nothing is left without the score term."
    )
