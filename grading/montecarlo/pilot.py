"""Unknown variances: nothing can be tested without some bound on the tails, so a kurtosis bound is stated.

For Z = (x - mean)^2 >= 0 with E Z^2 <= kurtosis (E Z)^2, n pilot draws satisfy

    P( average of Z <= (1 - eps) E Z ) <= exp(-n eps^2 / (2 kurtosis)),

so after n = 2 kurtosis log(1/a)/eps^2 draws average/(1 - eps) bounds the variance except with probability a.
The pilot draws are then thrown away; half of alpha pays for the pilot, half for the test. The plug-in
standard deviation has no such guarantee (Bahadur & Savage 1956). Degree-d polynomials of Gaussians have
kurtosis at most 9^d.
"""

from __future__ import annotations

import math

import numpy as np

from grading.montecarlo.budget import ALPHA, BETA, current_budget
from grading.montecarlo.draws import Draw, NotADraw, columns
from grading.montecarlo.mean import check_mean
from grading.montecarlo.nonnegative import check_variance_at_most
from grading.montecarlo.result import Ending, Look, Result

EPS = 0.3


def pilot_size(kurtosis: float, a: float, eps: float = EPS) -> int:
    """How many pilot draws bound one variance from above except with probability a."""
    return math.ceil(2 * kurtosis * math.log(1 / a) / eps**2)


def variance_bound(rows: np.ndarray, mean: np.ndarray, eps: float = EPS) -> np.ndarray:
    """average of (x - mean)² / (1 - eps) for each column of the pilot rows (n, d)."""
    return ((rows - mean) ** 2).mean(axis=0) / (1 - eps)


def check_mean_by_kurtosis(
    draw: Draw,
    *,
    mean: float | np.ndarray,
    kurtosis: float,
    rng: np.random.Generator,
    detect: float = 0.1,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The mean is the stated one",
) -> Result:
    """Test E x = mean for rows x (d,) of unknown variance, given E(x_j - mean_j)⁴ <= kurtosis · Var²(x_j).

    `detect` is in units of the bound on the standard deviation, at most about 1.2 true ones.
    """
    mean = np.atleast_1d(np.asarray(mean, dtype=float))
    size = pilot_size(kurtosis, alpha / (2 * len(mean)))
    current_budget().spend(alpha / 2)
    try:
        variance = variance_bound(columns(draw, size, rng, len(mean)), mean)
    except NotADraw as problem:
        return failed_pilot(claim, size, alpha, beta, problem)
    return check_mean(
        draw,
        mean=mean,
        variance=np.maximum(variance, TINY),
        rng=rng,
        detect=detect,
        alpha=alpha / 2,
        beta=beta,
        claim=f"{claim} (variance bounded by {size} pilot draws, wrongly at most as often)",
    )


def check_variance_ratio(
    draw: Draw,
    *,
    at_most: float,
    kurtosis: float,
    means: tuple[float, float],
    rng: np.random.Generator,
    detect: float = 0.5,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The variance is reduced as stated",
) -> Result:
    """Test Var A <= at_most · Var B for paired rows (A, B) with exact means, when neither variance is known.

    Var B is bounded from above by a pilot, then Var A is tested against at_most times that bound: a variance
    of A beyond (1 + detect)/(1 - 0.3) of the claim is found. Where Var B is known exactly (quadrature,
    enumeration) use `check_variance_at_most`.
    """
    size = pilot_size(kurtosis, alpha / 2)
    current_budget().spend(alpha / 2)
    try:
        plain = variance_bound(columns(draw, size, rng, 2)[:, 1], np.asarray(means[1]))
    except NotADraw as problem:
        return failed_pilot(claim, size, alpha, beta, problem)

    def reduced(n: int, rng: np.random.Generator) -> np.ndarray:
        """Of each pair of draws, the one that should vary less."""
        return columns(draw, n, rng, 2)[:, 0]

    return check_variance_at_most(
        reduced,
        at_most=np.maximum(at_most * plain, TINY),
        kurtosis=kurtosis,
        mean=means[0],
        rng=rng,
        detect=detect,
        alpha=alpha / 2,
        beta=beta,
        claim=f"{claim} (plain variance bounded by {size} pilot draws, wrongly at most as often)",
    )


TINY = 1e-300  # a pilot that does not vary at all: whatever varies later is then a discrepancy


def failed_pilot(claim: str, n: int, alpha: float, beta: float, problem: NotADraw) -> Result:
    """The result when the pilot itself meets an impossible draw."""
    look = Look(n, math.inf, -math.inf)
    return Result(claim, Ending.NOT_A_DRAW, (look,), alpha, beta, "an impossible draw", str(problem))
