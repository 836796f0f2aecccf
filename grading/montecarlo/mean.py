"""Means of vector estimators against known values, with known or soundly bounded variances.

With y = (x - mean)/sd, bets lambda_g and phi of `catoni`, one coordinate has the e-processes

    against    mean_g cosh(S_g) / (1 + lambda_g^2/2)^n,        S_g = sum_i phi(lambda_g y_i)
    in favour  min_± prod_i exp(phi(lambda (detect ± y_i))) / (1 + lambda^2/2)^n,    lambda = detect

Coordinates are combined by averaging (against: valid under any dependence) and by the minimum (in favour:
every coordinate has to be right). The variance comes from theory, never from the draws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from grading.montecarlo.budget import ALPHA, BETA
from grading.montecarlo.catoni import bets, cost, log_mean_exp, phi
from grading.montecarlo.confidence import ConfidenceSequence, catoni_interval, crossing, log_average, sequence
from grading.montecarlo.draws import Draw, columns
from grading.montecarlo.result import Result
from grading.montecarlo.sequential import run


@dataclass(frozen=True, eq=False)
class MeanEquals:
    """E x = mean, for rows x (d,) with E[(x - mean)_j] resolved to `detect` standard deviations.

    `whiten` (d, d) maps x - mean to coordinates whose variances are at most 1.
    """

    mean: Float[np.ndarray, " d"]
    whiten: Float[np.ndarray, "d d"]
    detect: float
    claim: str = "The mean is the stated one"

    @property
    def effect(self) -> str:
        """The deviation that is found, in words."""
        return f"{self.detect:g} standard deviations in any coordinate"

    def limit(self, beta: float) -> int:
        """Eight times the draws that a gain of detect²/2 each needs."""
        return math.ceil(16 * math.log(1 / beta) / self.detect**2)

    def statistics(self, rows: np.ndarray) -> np.ndarray:
        """(..., d) to (..., G + 3, d): the bets' phi, the two sides' phi, and y itself."""
        y = (rows - self.mean) @ self.whiten.T
        lam, side = bets(self.detect)[:, None], self.detect
        sides = [phi(side * (side - y)), phi(side * (side + y)), y]
        return np.concatenate([phi(lam * y[..., None, :]), np.stack(sides, axis=-2)], axis=-2)

    def evidence(self, totals: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Against, all bets on either sign and any coordinate; for the claim, the weakest coordinate and side."""
        lam, won, sides = bets(self.detect)[:, None], totals[..., :-3, :], totals[..., -3:-1, :]
        log_cosh = np.logaddexp(won, -won) - np.log(2)
        against = log_mean_exp(log_cosh - cost(lam, n), axis=(-2, -1))
        return against, sides.min(axis=(-2, -1)) - cost(self.detect, n)

    def detail(self, totals: np.ndarray, n: int) -> str:
        """The average, and the coordinate that is furthest off."""
        y = totals[-1] / n
        worst = int(np.argmax(np.abs(y)))
        seen = self.mean + np.linalg.solve(self.whiten, y)
        return (
            f"The average of the draws is {_vector(seen)}, the exact mean {_vector(self.mean)}; coordinate "
            f"{worst} is off by {y[worst]:+.3f} ± {1 / math.sqrt(n):.3f} standard deviations."
        )

    def sequence(self, rows: np.ndarray, alpha: float) -> ConfidenceSequence:
        """For the coordinate that is furthest off; whitened coordinates are in standard deviations from the claim."""
        y = (rows - self.mean) @ self.whiten.T
        worst = int(np.argmax(np.abs(y.mean(axis=0))))
        turned = bool((self.whiten != np.diag(np.diag(self.whiten))).any())
        centre, sd = (0.0, 1.0) if turned else (float(self.mean[worst]), float(1 / self.whiten[worst, worst]))
        whole = f"coordinate {worst} of the {'whitened ' if turned else ''}mean" if len(self.mean) > 1 else "the mean"

        def interval(x: np.ndarray) -> tuple[float, float]:
            """The ends for one coordinate, in its own units."""
            low, high = catoni_interval((x - centre) / sd, self.detect, alpha)
            return centre + sd * low, centre + sd * high

        return sequence(whole, centre, centre + sd * y[:, worst], interval)


@dataclass(frozen=True, eq=False)
class MeanAtLeast:
    """E x >= bound in every coordinate, for rows x (d,) of standard deviation at most `sd`.

    Against: mean_g prod_i exp(-phi(lambda_g y_i)) / (1 + lambda_g^2/2)^n with y = (x - bound)/sd; since phi
    increases this is a supermartingale for every mean above the bound too.
    """

    bound: Float[np.ndarray, " d"]
    sd: Float[np.ndarray, " d"]
    detect: float
    claim: str = "The mean is at least the stated one"

    @property
    def effect(self) -> str:
        """The deviation that is found, in words."""
        return f"{self.detect:g} standard deviations below the bound in any coordinate"

    def limit(self, beta: float) -> int:
        """As for MeanEquals."""
        return math.ceil(16 * math.log(1 / beta) / self.detect**2)

    def statistics(self, rows: np.ndarray) -> np.ndarray:
        """(..., d) to (..., G + 2, d): the bets' phi, the favourable side's phi, and y itself."""
        y = (rows - self.bound) / self.sd
        lam, side = bets(self.detect)[:, None], self.detect
        sides = [phi(side * (side + y)), y]
        return np.concatenate([phi(-lam * y[..., None, :]), np.stack(sides, axis=-2)], axis=-2)

    def evidence(self, totals: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Against, all bets on any coordinate; for the claim, the weakest coordinate."""
        lam, won, side = bets(self.detect)[:, None], totals[..., :-2, :], totals[..., -2, :]
        against = log_mean_exp(won - cost(lam, n), axis=(-2, -1))
        return against, side.min(axis=-1) - cost(self.detect, n)

    def detail(self, totals: np.ndarray, n: int) -> str:
        """The average and its bound."""
        seen = self.bound + self.sd * totals[-1] / n
        return f"The average of the draws is {_vector(seen)}; it should be at least {_vector(self.bound)}."

    def sequence(self, rows: np.ndarray, alpha: float) -> ConfidenceSequence:
        """Upper bounds on the mean of the coordinate that is furthest below its own."""
        worst = int(np.argmin(((rows - self.bound) / self.sd).mean(axis=0)))
        bound, sd, lam = float(self.bound[worst]), float(self.sd[worst]), bets(self.detect)

        def interval(x: np.ndarray) -> tuple[float, float]:
            """No lower end; the upper one for one coordinate."""
            y, price = (x - bound) / sd, cost(lam, len(x))

            def beyond(m: float) -> float:
                """The log e-value against a mean of bound + sd m, less its threshold; zero at the end."""
                return log_average(phi(np.multiply.outer(lam, m - y)).sum(axis=1) - price) + math.log(alpha)

            return -math.inf, bound + sd * crossing(beyond, float(y.min()), 1.0)

        whole = f"coordinate {worst} of the mean" if len(self.bound) > 1 else "the mean"
        return sequence(whole, bound, rows[:, worst], interval)


def check_mean(
    draw: Draw,
    *,
    mean: float | np.ndarray,
    rng: np.random.Generator,
    variance: float | np.ndarray | None = None,
    covariance: np.ndarray | None = None,
    detect: float = 0.1,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The mean is the stated one",
) -> Result:
    """Test E x = mean for i.i.d. rows x (d,) from `draw(n, rng)` (n, d).

    Give either the `variance` of each coordinate (or a bound on it) or the exact `covariance` (d, d), by
    which the rows are whitened. `detect` is in standard deviations (of the whitened coordinates). When the
    mean is right the test fails with probability at most alpha; when any coordinate is off by `detect` or
    more and the variance is no more than stated it passes with probability about beta.
    Raises ValueError for a variance that is not positive: what does not vary is compared, not tested.
    """
    d = max(np.size(mean), 1 if variance is None else np.size(variance))
    mean = np.broadcast_to(np.asarray(mean, dtype=float), (d,))
    test = MeanEquals(mean, _whitening(d, variance, covariance), detect, claim)
    return run(test, lambda n, rng: columns(draw, n, rng, d), rng, alpha, beta)


def check_mean_at_least(
    draw: Draw,
    *,
    bound: float | np.ndarray,
    variance: float | np.ndarray,
    rng: np.random.Generator,
    detect: float = 0.1,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The mean is at least the stated one",
) -> Result:
    """Test E x >= bound for rows x (d,) with Var x_j <= variance_j.

    For E[A] >= E[B] draw A and B with the same noise and test the differences A - B against bound 0: shared
    noise can save a factor of thousands.
    """
    d = max(np.size(bound), np.size(variance))
    bound, sd = np.broadcast_to(np.asarray(bound, dtype=float), (d,)), np.sqrt(positive(variance, d))
    test = MeanAtLeast(bound, sd, detect, claim)
    return run(test, lambda n, rng: columns(draw, n, rng, d), rng, alpha, beta)


def check_second_moment(
    draw: Draw,
    *,
    moment: np.ndarray,
    kurtosis: float,
    rng: np.random.Generator,
    detect: float = 0.1,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The second moment is the stated one",
) -> Result:
    """Test E[x xᵀ] = moment (d, d) for rows x (d,) with E x_j⁴ <= kurtosis · (E x_j²)².

    It is the mean test on the products x_i x_j, i <= j, whose variances are by Cauchy–Schwarz at most
    kurtosis · M_ii M_jj - M_ij². E[score scoreᵀ] = Fisher matrix is such a claim.
    """
    moment = np.atleast_2d(np.asarray(moment, dtype=float))
    i, j = np.triu_indices(len(moment))
    variance = kurtosis * moment[i, i] * moment[j, j] - moment[i, j] ** 2

    def products(n: int, rng: np.random.Generator) -> np.ndarray:
        """x_i x_j, i <= j, of each row."""
        x = columns(draw, n, rng, len(moment))
        return x[:, i] * x[:, j]

    return check_mean(
        products,
        mean=moment[i, j],
        variance=variance,
        rng=rng,
        detect=detect,
        alpha=alpha,
        beta=beta,
        claim=claim,
    )


def _whitening(d: int, variance: float | np.ndarray | None, covariance: np.ndarray | None) -> np.ndarray:
    """The matrix W with W Cov Wᵀ = I: diagonal from variances, else the inverse square root."""
    if (variance is None) == (covariance is None):
        raise ValueError("give either the variance of each coordinate or the covariance matrix")
    if variance is not None:
        return np.diag(positive(variance, d) ** -0.5)
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=float))
    return (vectors * positive(values, d) ** -0.5) @ vectors.T


def positive(variance: float | np.ndarray, d: int) -> np.ndarray:
    """The variances as an array (d,). Raises ValueError if one is not positive and finite."""
    v = np.broadcast_to(np.asarray(variance, dtype=float), (d,))
    if not (np.isfinite(v).all() and (v > 0).all()):
        raise ValueError(f"variances must be positive and finite, not {v}; what does not vary is compared")
    return v


def _vector(x: np.ndarray) -> str:
    return np.array2string(x, precision=4, suppress_small=True, threshold=8)
