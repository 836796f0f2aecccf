"""The experiments of 1.2.5 and 2.2.13: `fit` against the exact posterior, without and with control variates.

The submission returns trajectories; bound, moments and limits are the judge's (`grading.experiments.bbvi`).
"""

from __future__ import annotations

import numpy as np
import pytest

from grading.experiments import bbvi, bbvi_plots
from grading.experiments.battery import ascents
from grading.submission import Raised, Submission
from grading.verdict.claims import Refuted, array
from grading.verdict.exhibits import Exhibits

KINDS = {False: "without control variates", True: "with control variates"}
FAR = 1e3
"""Beyond this, mu_N is on its way to infinity: the data lie around 1."""
WORDS = {
    "mu_error": "E[mu] ends {value:+.3g} posterior standard deviations from its exact posterior mean",
    "tau_error": "E[tau] ends {value:+.3g} posterior standard deviations from its exact posterior mean",
    "log_gap_left": "the ELBO ends with exp({value:.3g}) of its initial gap to the best mean field",
}


JUDGED = {False: (10,), True: bbvi.SIZES}
"""Where correct runs end is known in every coordinates.  Without control variates the noise of 100 points moves
correct steps in logarithms beyond the reference's spread, and that of 1000 points drives them to infinity, so these
runs are shown, not judged."""


def one_run(submission: Submission, size: int, control_variates: bool, profile: str, seed: int) -> bbvi.Run:
    """One trajectory, of the right shape, finite and in the domain."""
    settings, fit = bbvi.PROFILES[profile], bbvi.fit_of(submission)

    def checked(x: np.ndarray, settings: bbvi.Profile, seed: int, control_variates: bool) -> np.ndarray:
        path = array(fit(x, settings, seed, control_variates), (settings.n_steps + 1, 4), "the trajectory")
        if not (path[:, 1:] > 0).all():
            raise Refuted(f"lambda_N, a_N and b_N must stay positive; the smallest is {path[:, 1:].min():.6g}")
        return path

    run = bbvi.run(checked, size, control_variates, settings, seed)
    if np.abs(run.mean_mu).max() > FAR:
        raise Refuted(f"N = {size}, {KINDS[control_variates]}: mu_N runs away, to {np.abs(run.mean_mu).max():.3g}")
    return run


def runs_of(
    submission: Submission, control_variates: bool, profile: str, seed: int, exhibits: Exhibits, judged: tuple[int, ...]
) -> dict[int, bbvi.Run]:
    """One run for each N; those that are not judged may be missing, and the report says why."""
    runs = {}
    for size in bbvi.SIZES:
        try:
            runs[size] = one_run(submission, size, control_variates, profile, seed)
        except (Refuted, Raised) as problem:
            if size in judged:
                raise
            exhibits.fact(f"N = {size}, {KINDS[control_variates]}, not judged", f"diverged: {problem}"[:200])
    return runs


def ends_of(
    runs: dict[int, bbvi.Run], control_variates: bool, profile: str, tolerance: float
) -> dict[int, bbvi_plots.Ends]:
    """Where correct runs end, for each N that is judged."""
    return {
        size: bbvi.where_correct_runs_end(runs[size], profile, size, control_variates, tolerance)
        for size in JUDGED[control_variates]
    }


def accept(
    runs: dict[int, bbvi.Run], control_variates: bool, profile: str, tolerance: float, exhibits: Exhibits
) -> None:
    """Every statistic lies where correct runs end."""
    for size, run in runs.items():
        for statistic, value in run.statistics().items():
            exhibits.fact(f"{statistic}, N = {size}", value)
            if size not in JUDGED[control_variates]:
                continue
            low, high = bbvi.accepted(run, profile, size, control_variates, statistic, tolerance)
            if not low <= value <= high:
                raise Refuted(
                    f"N = {size}, {KINDS[control_variates]}: {WORDS[statistic].format(value=value)}; "
                    f"correct runs of this length end between {low:.3g} and {high:.3g}"
                )


@pytest.mark.experiment(battery=ascents(False))
@pytest.mark.question("1.2.5")
def test_bbvi_finds_the_posterior(
    submission: Submission, seed: int, profile: str, tolerance: float, exhibits: Exhibits
) -> None:
    """E[mu], E[tau] and the bound end where correct runs end on 10 points; the longer data are shown."""
    runs = runs_of(submission, False, profile, seed, exhibits, JUDGED[False])
    shown = {size: {KINDS[False]: run} for size, run in runs.items()}
    figure = bbvi_plots.trajectories(shown, ends_of(runs, False, profile, tolerance))
    exhibits.plot(figure, "Black box variational inference", bbvi_plots.describe(shown))
    accept(runs, False, profile, tolerance, exhibits)


@pytest.mark.experiment(battery=ascents(False, True))
@pytest.mark.question("2.2.13")
def test_control_variates_find_the_posterior(
    submission: Submission, seed: int, profile: str, tolerance: float, exhibits: Exhibits
) -> None:
    """The same with control variates, which leave far less noise: the limits are that much closer."""
    runs = runs_of(submission, True, profile, seed, exhibits, JUDGED[True])
    plain = runs_of(submission, False, profile, seed, exhibits, ())
    shown = {size: ({KINDS[False]: plain[size]} if size in plain else {}) | {KINDS[True]: runs[size]} for size in runs}
    figure = bbvi_plots.trajectories(shown, ends_of(runs, True, profile, tolerance))
    exhibits.plot(figure, "With and without control variates", bbvi_plots.describe(shown))
    show_variance(submission, runs[100], exhibits)
    accept(runs, True, profile, tolerance, exhibits)


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
