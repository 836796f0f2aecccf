"""The short steps of `bbvi.fit`: their mean must be the gradient of the bound, in coordinates of the student's choice.

A trajectory with steps of 1e-8 does not move, so its increments divided by the step size are independent draws
of the noisy gradient at q, each averaged over n_samples. A submission may keep q positive by stepping in other
coordinates theta(q), of its own for each parameter; to first order the increments of q are then D^2 times the
gradient, D = d q / d theta.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from grading.montecarlo import ALPHA, Result, check_mean, check_variance_at_most, rng_for
from grading.submission import Rng, Submission
from grading.verdict.claims import Refuted, array
from tests import densities
from tests.densities import tensor
from tests.quadrature import normal_gamma_nodes

STEP = 1e-8
N_STEPS = 64
N_SAMPLES = 400

Vector = Float[np.ndarray, "4"]

PARAMETERS = ("mu_N", "lambda_N", "a_N", "b_N")
COORDINATES: dict[str, Callable[[float], float]] = {
    "itself": lambda v: 1.0,
    "its logarithm": lambda v: v**2,
    "the inverse of softplus": lambda v: np.expm1(-v) ** 2,
    "its square root": lambda v: 4 * v,
    "the standard deviation": lambda v: 4 * v**3,
    "the logarithm of the standard deviation": lambda v: 4 * v**2,
    "the inverse of softplus of the standard deviation": lambda v: 4 * v**3 * np.expm1(-(v**-0.5)) ** 2,
    "the variance or scale": lambda v: v**4,
    "the inverse of softplus of the variance or scale": lambda v: v**4 * np.expm1(-1 / v) ** 2,
}
"""D^2 for a positive parameter v in the usual coordinates; v is a precision, a shape or a rate."""

Problem = tuple[np.ndarray, tuple[float, ...], tuple[float, ...]]
"""x, prior and q."""


def increments(
    submission: Submission, problem: Problem, n_samples: int, control_variates: bool
) -> Callable[[int, np.random.Generator], np.ndarray]:
    """draw(n, rng): n increments of q over the step size, from as many trajectories as it takes."""
    x, prior, q = problem

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        rows = []
        for _ in range(-(-n // N_STEPS)):
            generator = Rng(int(rng.integers(2**32)))
            path = submission.bbvi.fit(x, prior, q, N_STEPS, n_samples, STEP, generator, control_variates)
            rows.append(np.diff(array(path, (N_STEPS + 1, 4), "the trajectory"), axis=0) / STEP)
        return np.concatenate(rows)[:n]

    return draw


@dataclass
class Steps:
    """Increments that are kept, so that each parameter's test looks at the same ones."""

    draw: Callable[[int, np.random.Generator], np.ndarray]
    rng: np.random.Generator
    rows: np.ndarray = field(default_factory=lambda: np.empty((0, 4)))

    def first(self, n: int) -> np.ndarray:
        """The first n, drawn as far as they were not yet."""
        while len(self.rows) < n:
            self.rows = np.concatenate([self.rows, self.draw(N_STEPS, self.rng)])
        return self.rows[:n]

    def of(self, parameter: int) -> Callable[[int, np.random.Generator], np.ndarray]:
        """draw(n, rng): those of one parameter, from the first on."""
        taken = 0

        def draw(n: int, rng: np.random.Generator) -> np.ndarray:
            nonlocal taken
            taken += n
            return self.first(taken)[taken - n :, parameter]

        return draw


@dataclass(frozen=True)
class Moments:
    """Of one row of the gradient estimate, by quadrature: mean, and variance without and with a control variate."""

    mean: Vector
    plain: Vector
    controlled: Vector
    """The largest over the usual ways to share the scaling: per factor of q, over all of q, per coordinate."""
    natural: Vector
    """The natural gradient: the Fisher matrix of q, solved for the mean."""

    def variance(self, control_variates: bool) -> Vector:
        """A bound on that of a submission's rows; with control variates it may be anything up to the plain one."""
        return np.maximum(self.plain, 1.2 * self.controlled if control_variates else 0)


def moments(problem: Problem) -> Moments:
    """Of eq. 2 of Ranganath et al. 2014, with the variance-minimising scalings of eq. 9."""
    x, prior, q = problem
    mu, tau, weight = normal_gamma_nodes(q)
    draws, precisions = tensor(mu), tensor(tau)
    log_p = densities.log_likelihood(tensor(x), draws, precisions) + densities.log_prior(draws, precisions, prior)
    h = densities.score(mu, tau, q)
    f = h * (log_p - densities.log_q(draws, precisions, tensor(q))).numpy()[:, None]
    mean, fisher = weight @ f, (h.T * weight) @ h
    covariance, variance = weight @ ((f - mean) * h), weight @ h**2
    shared = [np.repeat(total[0] / total[1], 4 // len(total[0])) for total in shares(covariance, variance)]
    controlled = [weight @ (f - scaling * h - mean) ** 2 for scaling in shared]
    plain = weight @ (f - mean) ** 2
    return Moments(mean, plain, np.max(controlled, axis=0), np.linalg.solve(fisher, mean))


def shares(covariance: Vector, variance: Vector) -> list[tuple[np.ndarray, np.ndarray]]:
    """Numerators and denominators of the scaling, summed over groups of 1, 2 and 4 neighbouring parameters."""
    return [tuple(v.reshape(-1, size).sum(axis=1) for v in (covariance, variance)) for size in (1, 2, 4)]


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
    exact = moments(problem)
    steps = Steps(increments(submission, problem, N_SAMPLES, control_variates), rng_for(seed, name))
    deviation = np.sqrt(exact.variance(control_variates) / N_SAMPLES)
    chosen = []
    for j, (parameter, allowed) in enumerate(zip(PARAMETERS, metrics(problem[2]), strict=True)):
        seen, rejected = steps.first(N_STEPS)[:, j].mean(), []
        for coordinate, metric in by_distance(allowed, seen, exact.mean[j], deviation[j]):
            result = follows(steps.of(j), metric * exact.mean[j], metric * deviation[j], seed, f"{name}, {parameter}")
            if result:
                chosen.append(f"{parameter}: {coordinate}")
                break
            rejected.append(result)
        else:
            refute(rejected[0], parameter, steps.first(4 * N_STEPS), exact, problem[2])
    return ", ".join(chosen[1:])


def metrics(q: tuple[float, ...]) -> list[dict[str, float]]:
    """D^2 of each parameter of q in each of its coordinates; mu_N moves in itself."""
    return [{"itself": 1.0}, *({name: float(metric(v)) for name, metric in COORDINATES.items()} for v in q[1:])]


def by_distance(allowed: dict[str, float], seen: float, mean: float, deviation: float) -> list[tuple[str, float]]:
    """Coordinates of a parameter and their D^2, the one nearest to the first steps first."""
    return sorted(allowed.items(), key=lambda item: abs(seen / item[1] - mean) / deviation)


def follows(
    draw: Callable[[int, np.random.Generator], np.ndarray], mean: float, deviation: float, seed: int, name: str
) -> Result:
    """Whether these steps have this mean; the nine coordinates share the usual chance to overlook a mistake."""
    return check_mean(
        draw,
        mean=mean,
        variance=deviation**2,
        rng=rng_for(seed, name),
        detect=0.4,
        alpha=ALPHA / 4,
        beta=1e-7,
        claim="The mean of short steps is the gradient of the bound",
    )


def refute(result: Result, parameter: str, rows: np.ndarray, exact: Moments, q: tuple[float, ...]) -> None:
    """Raise Refuted in words, with the mistake where the steps so far give it away."""
    try:
        result.require(
            f"Short steps of {parameter} follow the gradient of the bound in none of the usual coordinates. "
            f"The trajectory itself hardly moves: look at np.diff(path, axis=0) / {STEP:g}, the steps over their size. "
            f"On average they are {vector(rows.mean(axis=0))}, where the gradient of the bound is {vector(exact.mean)}."
        )
    except Refuted as refuted:
        mistake = next(mistakes(rows, exact, q), "")
        raise Refuted(str(refuted), mistake=mistake, evidence=refuted.evidence) from None


def vector(values: np.ndarray) -> str:
    """Four numbers for a sentence."""
    return np.array2string(values, precision=4, suppress_small=True)


def mistakes(rows: np.ndarray, exact: Moments, q: tuple[float, ...]) -> Iterator[str]:
    """The mistakes within whose five standard errors the mean step is."""
    seen, error = rows.mean(axis=0), 5 * rows.std(axis=0) / np.sqrt(len(rows)) + 1e-9

    def some(factor: float) -> bool:
        """Is each parameter's step the gradient times this factor, in some coordinate?"""
        each = zip(metrics(q), seen, exact.mean, error, strict=True)
        return all(any(abs(step - factor * m * g) <= e for m in allowed.values()) for allowed, step, g, e in each)

    def near(step: np.ndarray) -> bool:
        return bool((np.abs(seen - step) <= error).all())

    if (np.abs(np.abs(rows[::N_STEPS, 0]) - 1) < 1e-3).all():
        yield "the step is rho_t times the gradient; AdaGrad and Adam divide it by its size"
    if (np.abs(seen) <= 1e-6 * np.abs(exact.mean)).all():
        yield "the rows have their own mean subtracted, so that their average is nothing"
    if near(exact.natural):
        yield "the step is rho_t times the gradient, not times the natural gradient"
    if near(np.array([1.0, *q[1:]]) * exact.mean):
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
