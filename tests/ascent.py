"""The ascent of `bbvi.fit`: the mean of its short steps must be the gradient of the bound, from wherever they start.

A submission may keep q positive by stepping in other coordinates; `coordinates` says what the increments of q are
then, to first order, and `short_steps` how they are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from grading.montecarlo import ALPHA, Result, check_mean, check_variance_at_most, rng_for
from grading.submission import Rng, Submission
from grading.verdict.claims import Refuted, claim
from tests.coordinates import ALLOWED, PARAMETERS, mixing_metrics
from tests.short_steps import N_SAMPLES, N_STEPS, STEP, Moments, Problem, Steps, increments, moments, trajectory

MIXED = "a_N and b_N step in numbers that mix them, such as mean and variance; give each a coordinate of its own"
LEFT_OVER = "the first steps are right, later ones are not: what is left over there from the start, q, draws or score?"


def few_points(rng: np.random.Generator) -> Problem:
    """Three points and a q with too large a precision, of five such the one where a step says most.

    Without the prior, a point, the entropy or the root of tau, the mean of 400 rows is off by more than 0.4 of its
    standard deviations (in 95 % of 150 seeds, by quadrature; by 0.3 in all); with twenty points it would be 0.1.
    """

    def one() -> Problem:
        x = rng.normal(1.3, 0.7, 3)
        prior = (rng.uniform(0, 2), rng.uniform(0.1, 1), rng.uniform(1, 3), rng.uniform(2, 4))
        mean, shape = x.mean() + rng.uniform(0.4, 0.9), rng.uniform(2.5, 5)
        q = (mean, rng.uniform(1.5, 2.5), shape, shape / rng.uniform(1.2, 2))
        return x, tuple(float(v) for v in prior), tuple(float(v) for v in q)

    def signal(problem: Problem) -> float:
        exact = moments(problem)
        return float(np.min(np.abs(exact.mean) / np.sqrt(exact.plain)))

    return max((one() for _ in range(5)), key=signal)


def near_optimum(x: np.ndarray) -> tuple[float, ...]:
    """A q close to the posterior, where log p - log q hardly varies and control variates do most."""
    return (float(x.mean()), float(len(x) / x.var()), len(x) / 2 + 1, float(len(x) * x.var() / 2 + 1))


def require_climb(submission: Submission, problem: Problem, control_variates: bool, seed: int, name: str) -> str:
    """The mean of short steps is the gradient of the bound, each parameter's in some coordinate; returns which.

    The likeliest coordinate, judged by the first steps, is tested first; one that passes suffices. Correct work
    fails only where its own coordinate does, so with a quarter of alpha for each parameter, whatever the order.
    Raises Refuted with the evidence against the likeliest.
    """
    steps = Steps(submission, problem, control_variates, rng_for(seed, name))
    chosen = []
    for j, parameter in enumerate(PARAMETERS):
        found, rejected = first_that_fits(steps, j, seed, f"{name}, {parameter}")
        if not found:
            refute(rejected, parameter, steps)
        chosen.append(f"{parameter}: {found}")
    return ", ".join(chosen[1:])


def first_that_fits(steps: Steps, parameter: int, seed: int, name: str) -> tuple[str, Result]:
    """The first coordinate in which the steps follow the gradient, or none, and what rejected the likeliest."""
    allowed, first, switch = ALLOWED[parameter], steps.block(0), steps.control_variates

    def distance(coordinate: str) -> float:
        return float(abs(first.standardized(parameter, allowed[coordinate], switch).mean()))

    results = []
    for coordinate in sorted(allowed, key=distance):
        results.append(follows(steps.of(parameter, allowed[coordinate]), seed, name))
        if results[-1]:
            return coordinate, results[-1]
    return "", results[0]


def follows(draw: Callable[[int, np.random.Generator], np.ndarray], seed: int, name: str) -> Result:
    """Whether these steps have their mean; the coordinates share the usual chance to overlook a mistake."""
    return check_mean(
        draw,
        mean=0.0,
        variance=1.0,
        rng=rng_for(seed, name),
        detect=0.4,
        alpha=ALPHA / 4,
        beta=1e-7,
        claim="The mean of short steps is the gradient of the bound, in standard deviations from it",
    )


def refute(result: Result, parameter: str, steps: Steps) -> None:
    """Raise Refuted in words, with the mistake where the steps give it away."""
    exact = steps.block(0).at
    rows = increments(steps.submission, steps.problem, N_SAMPLES, steps.control_variates)(4 * N_STEPS, steps.rng)
    try:
        result.require(
            f"Short steps of {parameter} follow the gradient of the bound in none of the usual coordinates. "
            f"The trajectory itself hardly moves: look at np.diff(path, axis=0) / {STEP:g}, the steps over their size. "
            f"From the start they are {vector(rows.mean(axis=0))} on average, where the gradient of the bound is "
            f"{vector(exact.mean)}."
        )
    except Refuted as refuted:
        mistake = LEFT_OVER if left_over(steps) else next(mistakes(rows, exact), "")
        raise Refuted(str(refuted), mistake=mistake, evidence=refuted.evidence) from None


def left_over(steps: Steps) -> bool:
    """Are the steps right at the start, and in one parameter off by more than another standard deviation elsewhere?"""

    def off(parameter: int) -> tuple[float, float]:
        each = []
        for slope in ALLOWED[parameter].values():
            start, *later = (steps.block(i).standardized(parameter, slope, steps.control_variates) for i in range(5))
            each.append((abs(start.mean()), abs(np.mean(later) - start.mean())))
        return min(each)

    at_start, change = zip(*map(off, range(4)), strict=True)
    return bool(max(at_start) < 4 / np.sqrt(N_STEPS) and max(change) > 1)


def vector(values: np.ndarray) -> str:
    """Four numbers for a sentence."""
    return np.array2string(values, precision=4, suppress_small=True)


def mistakes(rows: np.ndarray, exact: Moments) -> Iterator[str]:
    """The mistakes within whose five standard errors the mean step from the start is."""
    seen, error = rows.mean(axis=0), 5 * rows.std(axis=0) / np.sqrt(len(rows)) + 1e-9

    def some(factor: float) -> bool:
        """Is each parameter's step the gradient times this factor, in some coordinate?"""
        return all(one(j, factor) for j in range(4))

    def one(j: int, factor: float) -> bool:
        return any(within(j, factor * slope(exact.q[j])) for slope in ALLOWED[j].values())

    def within(j: int, metric: float) -> bool:
        return bool(abs(seen[j] - metric * exact.mean[j]) <= error[j])

    def near(step: np.ndarray) -> bool:
        return bool((np.abs(seen - step) <= error).all())

    first, later = rows[::N_STEPS], np.delete(rows, np.s_[::N_STEPS], axis=0)
    if (np.abs(np.abs(first[:, 0]) - 1) < 1e-3).all():
        yield "the step is rho_t times the gradient; AdaGrad and Adam divide it by its size"
    if first.any() and not later.any():
        yield "all n_steps steps are asked for, however short they are"
    if (np.abs(seen) <= 1e-6 * np.abs(exact.mean)).all():
        yield "the rows have their own mean subtracted, so that their average is nothing"
    if near(exact.natural):
        yield "the step is rho_t times the gradient, not times the natural gradient"
    mixed = (np.abs(seen[2:] - metric @ exact.mean[2:]) <= error[2:] for metric in mixing_metrics(*exact.q[2:]))
    if one(0, 1) and one(1, 1) and any(both.all() for both in mixed):
        yield MIXED
    if near(np.array([1.0, *exact.q[1:]]) * exact.mean):
        yield "steps in logarithms lack the derivative of the logarithm"
    if some(-1):
        yield "the steps go down the bound"
    if some(N_SAMPLES):
        yield "the rows are summed; the step is rho_t times their average"


def require_average(submission: Submission, problem: Problem, seed: int, name: str) -> None:
    """Steps of mu_N vary with 60 draws at most a third as much as with 6: a tenth, where they are averages.

    The variance with 6 draws is that of 2000 steps. Their kurtosis is at most 16 (by quadrature, for plain rows of 150
    seeds), so that it comes out below 0.3 of the true one with probability exp(-2000 0.7^2 / 32), 5e-14.
    """

    def of_mean(n_samples: int) -> Callable[[int, np.random.Generator], np.ndarray]:
        draw = increments(submission, problem, n_samples, False)
        return lambda n, rng: draw(n, rng)[:, 0]

    few = of_mean(6)(2000, rng_for(seed, name, "6 draws")).var()
    result = check_variance_at_most(
        of_mean(60),
        at_most=np.maximum(few, 1e-300) / 3,
        kurtosis=6.0,
        rng=rng_for(seed, name, "60 draws"),
        claim="With 60 draws the steps of mu_N vary at most a third as much as with 6",
    )
    try:
        result.require("A step averages n_samples draws: with ten times as many it varies a tenth as much.")
    except Refuted as refuted:
        raise Refuted(str(refuted), mistake="n_samples is ignored", evidence=refuted.evidence) from None


def require_switch(submission: Submission, problem: Problem) -> None:
    """With and without control variates, the same generator leads to different trajectories."""
    x, prior, q = problem
    paths = [submission.bbvi.fit(x, prior, q, 3, 20, 1e-4, Rng(1), switch) for switch in (False, True)]
    without, controlled = (trajectory(path, 3, q) for path in paths)
    claim(
        not np.array_equal(without, controlled),
        "with control_variates=True and with False, the same generator gives the same trajectory",
        mistake="the switch is ignored",
    )


def require_less_variance(submission: Submission, problem: Problem, seed: int, name: str) -> None:
    """With control variates, short steps vary less than half as much as the submission's own without.

    Where those of mu_N, which have a known scale, vary less than a quarter as much as plain rows already, by a baseline
    or antithetic draws, twice as much is the limit. The kurtosis bounds that of correct steps, near a Gaussian's 3; of
    wrong ones it is an assumption.
    """
    n_samples = 100
    plain = increments(submission, problem, n_samples, False)(1000, rng_for(seed, name, "plain")).var(axis=0)
    reduced = plain[0] < moments(problem).plain[0] / n_samples / 4
    check_variance_at_most(
        increments(submission, problem, n_samples, True),
        at_most=np.maximum(plain, 1e-300) * (2 if reduced else 0.5),
        kurtosis=6.0,
        rng=rng_for(seed, name, "controlled"),
        claim="The variance is at most half of that without control variates, or twice one that is small already",
    ).require("Control variates do not reduce the variance of the steps as they should.")
