"""The experiments of 1.2.5 and 2.2.13: `fit` against the exact posterior, without and with control variates.

The submission returns trajectories; bound, moments and limits are the judge's (`grading.experiments.bbvi`).
"""

from __future__ import annotations

import numpy as np
import pytest

from grading.claims import Refuted, array
from grading.exhibits import Exhibits
from grading.experiments import bbvi, bbvi_plots
from grading.submission import Submission

KINDS = {False: "without control variates", True: "with control variates"}
WORDS = {
    "mu_error": "E[mu] ends {value:+.3g} posterior standard deviations from its exact posterior mean",
    "tau_error": "E[tau] ends {value:+.3g} posterior standard deviations from its exact posterior mean",
    "log_gap_left": "the ELBO ends with exp({value:.3g}) of its initial gap to the best mean field",
}


def runs_of(submission: Submission, control_variates: bool, profile: str, seed: int) -> dict[int, bbvi.Run]:
    """One run for each N."""
    settings, fit = bbvi.PROFILES[profile], bbvi.fit_of(submission)

    def checked(x: np.ndarray, settings: bbvi.Profile, seed: int, control_variates: bool) -> np.ndarray:
        path = array(fit(x, settings, seed, control_variates), (settings.n_steps + 1, 4), "the trajectory")
        if not (path[:, 1:] > 0).all():
            raise Refuted(f"lambda_N, a_N and b_N must stay positive; the smallest is {path[:, 1:].min():.6g}")
        return path

    return {size: bbvi.run(checked, size, control_variates, settings, seed) for size in bbvi.SIZES}


def accept(runs: dict[int, bbvi.Run], control_variates: bool, profile: str, exhibits: Exhibits) -> None:
    """Every statistic lies where correct runs end."""
    for size, run in runs.items():
        for statistic, value in run.statistics().items():
            exhibits.fact(f"{statistic}, N = {size}", value)
            low, high = bbvi.interval(profile, size, control_variates, statistic)
            if not low <= value <= high:
                raise Refuted(
                    f"N = {size}, {KINDS[control_variates]}: {WORDS[statistic].format(value=value)}; "
                    f"correct runs of this length end between {low:.3g} and {high:.3g}"
                )


@pytest.mark.question("1.2.5")
def test_bbvi_finds_the_posterior(submission: Submission, seed: int, profile: str, exhibits: Exhibits) -> None:
    """E[mu], E[tau] and the bound end where correct runs end, for N = 10, 100 and 1000."""
    runs = runs_of(submission, False, profile, seed)
    shown = {size: {KINDS[False]: run} for size, run in runs.items()}
    exhibits.plot(bbvi_plots.trajectories(shown), "Black box variational inference", bbvi_plots.describe(shown))
    accept(runs, False, profile, exhibits)


@pytest.mark.question("2.2.13")
def test_control_variates_find_the_posterior(
    submission: Submission, seed: int, profile: str, exhibits: Exhibits
) -> None:
    """The same with control variates, which leave far less noise: the limits are that much closer."""
    runs = runs_of(submission, True, profile, seed)
    plain = runs_of(submission, False, profile, seed)
    shown = {size: {KINDS[False]: plain[size], KINDS[True]: runs[size]} for size in runs}
    exhibits.plot(bbvi_plots.trajectories(shown), "With and without control variates", bbvi_plots.describe(shown))
    show_variance(submission, runs[100], exhibits)
    accept(runs, True, profile, exhibits)


def show_variance(submission: Submission, run: bbvi.Run, exhibits: Exhibits) -> None:
    """The variance of the submission's gradient rows along its trajectory, without and with its control variates."""
    rng = np.random.default_rng(0)
    steps = np.unique(np.geomspace(1, len(run.path), 8).astype(int))
    plain, controlled = np.empty((2, len(steps), 4))
    for i, q in enumerate(run.path[steps - 1]):
        mu, tau = rng.normal(q[0], q[1] ** -0.5, 1000), np.maximum(rng.gamma(q[2], 1 / q[3], 1000), 1e-200)
        at = tuple(q.tolist())
        f = array(submission.bbvi.gradient_draws(run.x, bbvi.PRIOR, at, mu, tau), (1000, 4), "gradient_draws")
        h = array(submission.normal_gamma.score(mu, tau, at), (1000, 4), "score")
        halves = [array(submission.bbvi.control_variate(f[:, k], h[:, k]), (1000, 2), "rows") for k in FACTORS]
        plain[i], controlled[i] = f.var(axis=0), np.hstack(halves).var(axis=0)
    least = float((plain / controlled).min())
    exhibits.fact("variance reduction, at least a factor of", least)
    exhibits.plot(
        bbvi_plots.gradient_variance(steps, plain, controlled),
        "Variance of the gradient, N = 100",
        "Variance of a gradient row in each of the four parameters along the trajectory, without and with control "
        f"variates: between {least:.3g} and {float((plain / controlled).max()):.3g} times less with them.",
    )


FACTORS = (slice(0, 2), slice(2, 4))
"""The parameters of q(mu) and of q(tau)."""
