"""The short steps of `bbvi.fit`: their mean must be the gradient of the bound, in coordinates of the student's choice.

A trajectory with steps of 1e-8 does not move, so its increments divided by the step size are independent draws
of the noisy gradient at q, each averaged over n_samples. A submission may keep q positive by stepping in other
coordinates theta(q); to first order the increments of q are then D^2 times the gradient, D = d q / d theta.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from grading.montecarlo import check_mean, check_variance_at_most, rng_for
from grading.submission import Rng, Submission
from grading.verdict.claims import Refuted, array
from tests import densities
from tests.densities import tensor
from tests.quadrature import normal_gamma_nodes

STEP = 1e-8
N_STEPS = 100

Vector = Float[np.ndarray, "4"]

COORDINATES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "in q itself": np.ones_like,
    "in logarithms": lambda positive: positive**2,
    "in the inverse of softplus": lambda positive: np.expm1(-positive) ** 2,
    "in the logarithm of standard deviations": lambda positive: 4 * positive**2,
    "in square roots": lambda positive: 4 * positive,
}
"""What a step of the gradient's length does to a positive parameter, in the usual coordinates."""

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


@dataclass(frozen=True)
class Moments:
    """Of one row of the gradient estimate, by quadrature: mean, and variance without and with a control variate."""

    mean: Vector
    plain: Vector
    controlled: Vector
    """The largest over the usual ways to share the scaling: per factor of q, over all of q, per coordinate."""


def moments(problem: Problem) -> Moments:
    """Of eq. 2 of Ranganath et al. 2014, with the variance-minimising scalings of eq. 9."""
    x, prior, q = problem
    mu, tau, weight = normal_gamma_nodes(q)
    draws, precisions = tensor(mu), tensor(tau)
    log_p = densities.log_likelihood(tensor(x), draws, precisions) + densities.log_prior(draws, precisions, prior)
    h = densities.score(mu, tau, q)
    f = h * (log_p - densities.log_q(draws, precisions, tensor(q))).numpy()[:, None]
    mean = weight @ f
    covariance, variance = weight @ ((f - mean) * h), weight @ h**2
    shared = [np.repeat(total[0] / total[1], 4 // len(total[0])) for total in shares(covariance, variance)]
    controlled = [weight @ (f - scaling * h - mean) ** 2 for scaling in shared]
    return Moments(mean, weight @ (f - mean) ** 2, np.max(controlled, axis=0))


def shares(covariance: Vector, variance: Vector) -> list[tuple[np.ndarray, np.ndarray]]:
    """Numerators and denominators of the scaling, summed over groups of 1, 2 and 4 neighbouring parameters."""
    return [tuple(v.reshape(-1, size).sum(axis=1) for v in (covariance, variance)) for size in (1, 2, 4)]  # type: ignore[misc]


def near_optimum(x: np.ndarray) -> tuple[float, ...]:
    """A q close to the posterior, where log p - log q hardly varies and control variates do most."""
    return (float(x.mean()), float(len(x) / x.var()), len(x) / 2 + 1, float(len(x) * x.var() / 2 + 1))


def require_climb(submission: Submission, problem: Problem, control_variates: bool, seed: int, name: str) -> str:
    """The mean of short steps is the gradient of the bound, in some coordinates in use; returns which.

    The likeliest coordinates, judged by a pilot, are tested first; one that passes suffices, so correct work
    fails with no more than one test's probability.
    Raises Refuted with the evidence against the likeliest.
    """
    exact, n_samples = moments(problem), 1000
    draw = increments(submission, problem, n_samples, control_variates)
    seen = draw(N_STEPS, rng_for(seed, name, "pilot")).mean(axis=0)
    variance = np.maximum(exact.plain, 1.2 * exact.controlled if control_variates else 0) / n_samples
    positive = np.asarray(problem[2][1:])
    metrics = {each: np.concatenate([[1.0], metric(positive)]) for each, metric in COORDINATES.items()}

    def distance(coordinates: str) -> float:
        off = np.abs(seen - metrics[coordinates] * exact.mean) / (metrics[coordinates] * np.sqrt(variance))
        return float(off.max())

    results = []
    for coordinates in sorted(metrics, key=distance):
        metric = metrics[coordinates]
        result = check_mean(
            draw,
            mean=metric * exact.mean,
            variance=metric**2 * variance,
            rng=rng_for(seed, name, coordinates),
            detect=0.3,
            claim="The mean of short steps is the gradient of the bound",
        )
        if result:
            return coordinates
        results.append(result)
    try:
        results[0].require(f"Short steps do not follow the gradient of the bound, not even {', '.join(COORDINATES)}.")
    except Refuted as refuted:
        mistake = mistaken(seen, exact.mean, np.sqrt(variance / N_STEPS), positive)
        raise Refuted(str(refuted), mistake=mistake, evidence=refuted.evidence) from None
    return ""


def mistaken(seen: Vector, gradient: Vector, error: Vector, positive: np.ndarray) -> str:
    """The mistake within whose five standard errors the mean step of the pilot is, if there is one."""
    metrics = {each: np.concatenate([[1.0], metric(positive)]) for each, metric in COORDINATES.items()}
    wrong = {f"the steps, {each}, go down the bound": -metric for each, metric in metrics.items()}
    wrong["steps in logarithms lack the derivative of the logarithm"] = np.concatenate([[1.0], positive])
    fitting = (each for each, metric in wrong.items() if (np.abs(seen / metric - gradient) <= 5 * error).all())
    return next(fitting, "")


def require_less_variance(submission: Submission, problem: Problem, seed: int, name: str) -> None:
    """With control variates, short steps vary less than half as much as the submission's own without."""
    n_samples = 100
    plain = increments(submission, problem, n_samples, False)(1000, rng_for(seed, name, "plain")).var(axis=0)
    check_variance_at_most(
        increments(submission, problem, n_samples, True),
        at_most=np.maximum(plain, 1e-300) / 2,
        kurtosis=6.0,
        rng=rng_for(seed, name, "controlled"),
        claim="The variance is at most half of that without control variates",
    ).require("Control variates do not reduce the variance of the steps as they should.")
