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

from grading.claims import Refuted, array
from grading.submission import Rng, Submission
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


def metric_of(draws: np.ndarray, q: tuple[float, ...], mean: Vector, sd: Vector) -> Vector:
    """The factors D^2 by which the increments differ from the gradient, recognised from a few of them.

    `sd` is the standard deviation of one increment in q itself. With a hundred draws the right coordinates are off
    by about a tenth of it, and never by as much as one.
    Raises Refuted where no coordinates in use explain the steps: then they are no gradient steps.
    """
    positive = np.asarray(q[1:])
    metrics = [np.concatenate([[1.0], metric(positive)]) for metric in COORDINATES.values()]
    seen = draws.mean(axis=0)
    off = [float((np.abs(seen - metric * mean) / (metric * sd)).max()) for metric in metrics]
    if min(off) > 1.0:
        raise Refuted(
            "short steps do not follow the gradient of the bound: divided by the step size they average "
            f"{np.round(seen, 4).tolist()}; the gradient in (mu_N, lambda_N, a_N, b_N) is "
            f"{np.round(mean, 4).tolist()}. Steps {', '.join(COORDINATES)} were tried as explanations."
        )
    return metrics[int(np.argmin(off))]
