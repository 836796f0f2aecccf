"""Pictures of the experiment of 1.2.5 and 2.2.13, with the exact values drawn in."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grading.experiments.bbvi import Run

POINTS = 150
ACCEPTED = "#1b7837"
COLOURS = {"without control variates": "#b35806", "with control variates": "#2166ac"}


def shown(length: int) -> np.ndarray:
    """Steps to draw: all the early ones, then fewer and fewer."""
    return np.unique(np.geomspace(1, length, POINTS).astype(int)) - 1


Ends = dict[str, tuple[float, float]]
"""Where correct runs end: of `bound`, `mu` and `tau`."""


def trajectories(runs: dict[int, dict[str, Run]], ends: dict[int, Ends]) -> Figure:
    """Bound, E[mu] and E[tau] over the steps, one column for each N, one line for each kind of run; for those N that
    are judged, also where correct runs end."""
    figure = Figure(figsize=(3.4 * len(runs), 7.2), layout="constrained")
    axes = figure.subplots(3, len(runs), sharex="col", squeeze=False)
    for column, (size, kinds) in enumerate(runs.items()):
        bound, mean_mu, mean_tau = axes[:, column]
        posterior = next(iter(kinds.values())).posterior
        optimum = posterior.log_evidence - float(posterior.gap(np.array(posterior.mean_field)))
        for kind, run in kinds.items():
            at = shown(len(run.path))
            style = {"color": COLOURS[kind], "label": kind, "linewidth": 1.2}
            bound.plot(at + 1, posterior.log_evidence - posterior.gap(run.path[at]), **style)
            mean_mu.plot(at + 1, run.mean_mu[at], **style)
            mean_tau.plot(at + 1, run.mean_tau[at], **style)
        bound.axhline(optimum, label="best mean field", color="black", linewidth=1.0)
        band(mean_mu, posterior.mu, posterior.sd_mu)
        band(mean_tau, posterior.mean_tau, posterior.sd_tau)
        bound.set(title=f"N = {size}", xscale="log", ylim=near(bound, optimum))
        for name, panel in (("bound", bound), ("mu", mean_mu), ("tau", mean_tau)):
            if size in ends:
                accepted(panel, *ends[size][name], steps=max(len(run.path) for run in kinds.values()))
        mean_tau.set_xlabel("step")
    for row, label in zip(axes, ("ELBO (nats)", "E[mu]", "E[tau]"), strict=True):
        row[0].set_ylabel(label)
    axes[0, 0].legend(fontsize="small")
    axes[1, 0].legend(fontsize="small")
    return figure


def band(axes: Axes, mean: float, sd: float) -> None:
    """The exact posterior mean, and one posterior standard deviation to either side."""
    axes.axhline(mean, label="exact posterior mean, ± 1 sd", color="black", linewidth=1.0)
    axes.axhspan(mean - sd, mean + sd, color="black", alpha=0.08)


def accepted(axes: Axes, low: float, high: float, steps: int) -> None:
    """Over the last tenth of the steps: the band in which correct runs end."""
    label = "where correct runs end"
    axes.fill_between([0.9 * steps, steps], low, high, color=ACCEPTED, alpha=0.35, linewidth=0, label=label)
    axes.plot([0.9 * steps, steps] * 2, [low, low, high, high], "_", color=ACCEPTED, markersize=5)


def near(axes: Axes, optimum: float) -> tuple[float, float]:
    """From the start of the curve or a little below the optimum, whichever is lower, to just above it."""
    low = min(axes.get_ylim()[0], optimum - 1)
    return low, optimum + 0.05 * (optimum - low)


def describe(runs: dict[int, dict[str, Run]]) -> str:
    """The same figure in words."""
    sentences = []
    for size, kinds in runs.items():
        for kind, run in kinds.items():
            left = float(run.posterior.gap(run.path[-1]) - run.posterior.gap(np.array(run.posterior.mean_field)))
            sentences.append(
                f"N = {size}, {kind}: the ELBO ends {left:.2f} nats below its optimum, E[mu] at {run.mean_mu[-1]:.3f} "
                f"(exact {run.posterior.mu:.3f}) and E[tau] at {run.mean_tau[-1]:.3f} "
                f"(exact {run.posterior.mean_tau:.3f})."
            )
    return "ELBO, E[mu] and E[tau] against the step, with the exact values. " + " ".join(sentences)


def gradient_variance(
    steps: Float[np.ndarray, " T"], plain: Float[np.ndarray, "T 4"], controlled: Float[np.ndarray, "T 4"]
) -> Figure:
    """The variance of one row of the gradient along a trajectory, for each of the four parameters."""
    figure = Figure(figsize=(11, 3), layout="constrained")
    names = ("mu_N", "lambda_N", "a_N", "b_N")
    for axes, name, before, after in zip(figure.subplots(1, 4), names, plain.T, controlled.T, strict=True):
        axes.loglog(steps, before, "o-", color=COLOURS["without control variates"], label="without control variates")
        axes.loglog(steps, after, "o-", color=COLOURS["with control variates"], label="with control variates")
        axes.set(title=name, xlabel="step")
    figure.axes[0].set_ylabel("variance of a gradient row")
    figure.axes[0].legend(fontsize="small")
    return figure
