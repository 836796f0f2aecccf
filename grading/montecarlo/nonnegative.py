"""Upper bounds on the mean of a nonnegative variable, which need no moments: E Z <= 1.

Against: for bets 0 < lambda <= 1 the capital prod_i (1 + lambda (Z_i - 1)) is a nonnegative supermartingale
as soon as E Z <= 1; bets are averaged. At lambda = 1 it is prod_i Z_i. Two claims of this form:

    importance weights    Z = w_bar / p(x), E Z = 1 for every K, hence IWELBO_K <= log p(x)
                          (Burda, Grosse, Salakhutdinov 2015, Theorem 1)
    variances             Z = (x - mean)^2 / at_most

In favour, when E Z >= m = 1 + detect and E Z^2 <= kappa (E Z)^2 are to be ruled out: by
exp(-z) <= 1 - z + z^2/2 for z >= 0

    prod_i exp(-lambda Z_i) / (1 - lambda m + lambda^2 kappa m^2/2)

is a supermartingale, for every mean above m too (scale Z down to mean m: the product only grows).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from grading.montecarlo.budget import ALPHA, BETA
from grading.montecarlo.catoni import log_mean_exp
from grading.montecarlo.confidence import ConfidenceSequence, crossing, log_average, sequence
from grading.montecarlo.draws import Draw, columns
from grading.montecarlo.mean import positive
from grading.montecarlo.result import Result
from grading.montecarlo.sequential import run


@dataclass(frozen=True, eq=False)
class MeanAtMostOne:
    """E Z <= 1 in each of d coordinates, from rows of log Z (-inf is a weight of zero).

    `kappa` bounds E Z² / (E Z)² where the mean is too large; it decides the power, never the validity.
    """

    d: int
    kappa: float
    detect: float
    claim: str
    effect: str
    quantity: str = "the mean of Z"

    @property
    def bets(self) -> np.ndarray:
        """From the best bet on the smallest detectable excess up to 1, shape (G,)."""
        return np.geomspace(min(0.5, self.detect / max(self.kappa - 1, 1e-12)), 1, 6)

    @property
    def counterbets(self) -> np.ndarray:
        """From the best bet on 1 against 1 + detect up to the best on means far below 1, shape (4,)."""
        most = 1 / ((1 + self.detect) * self.kappa)
        candidates = np.geomspace(1e-4, 1, 200) * most
        best = candidates[np.argmax(-candidates - self.price(candidates))]
        return np.geomspace(best, most, 4)

    def price(self, lam: np.ndarray) -> np.ndarray:
        """log(1 - lambda m + lambda² kappa m²/2): what a counterbet pays a draw."""
        m = 1 + self.detect
        return np.log1p(-lam * m + lam**2 * self.kappa * m**2 / 2)

    def limit(self, beta: float) -> int:
        """Eight times the draws that the best counterbet's expected gain needs."""
        gain = -self.counterbets - self.price(self.counterbets)  # expected, a draw, at a mean of 1
        return math.ceil(8 * math.log(4 / beta) / gain.max())

    def statistics(self, rows: np.ndarray) -> np.ndarray:
        """(..., d) to (..., G + 1, d): the bets' log capital, and Z."""
        log_z = rows[..., None, :]
        lam = self.bets[:-1, None]
        capital = [np.logaddexp(np.log1p(-lam), np.log(lam) + log_z), log_z, np.exp(log_z)]
        return np.concatenate(capital, axis=-2)

    def evidence(self, totals: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Against, all bets on any coordinate; for the claim, the counterbets in the weakest coordinate."""
        against = log_mean_exp(totals[..., :-1, :], axis=(-2, -1))
        lam = self.counterbets[:, None]
        in_favour = log_mean_exp(-lam * totals[..., -1:, :] - n * self.price(lam), axis=-2)
        return against, in_favour.min(axis=-1)

    def detail(self, totals: np.ndarray, n: int) -> str:
        """The largest average of Z."""
        ratio = totals[-1] / n
        return f"The average of the draws is {ratio.max():.4f} times the bound."

    def sequence(self, rows: np.ndarray, alpha: float) -> ConfidenceSequence:
        """Lower bounds on the largest E Z: the capital against E Z <= m, that of Z/m, falls in m."""
        worst = int(np.argmax(logsumexp(rows, axis=0)))
        lam = self.bets[:-1]

        def interval(z: np.ndarray) -> tuple[float, float]:
            """The lower end; no upper one."""
            log_z = np.log(np.maximum(z, TINY))

            def beyond(log_m: float) -> float:
                """The log e-value against E Z <= exp(log_m), less its threshold; zero at the end."""
                above = np.log1p(-lam)[:, None], np.log(lam)[:, None] + log_z - log_m
                capital = np.append(np.logaddexp(*above).sum(axis=1), (log_z - log_m).sum())
                return log_average(capital) + math.log(alpha)

            return math.exp(crossing(beyond, math.log(max(z.mean(), TINY)), -0.5)), math.inf

        return sequence(self.quantity, 1.0, np.exp(np.minimum(rows[:, worst], LARGE)), interval)


def check_bound(
    draw: Draw,
    *,
    log_evidence: float,
    second_moment: float,
    rng: np.random.Generator,
    detect: float = 0.05,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The bound stays below the log evidence",
) -> Result:
    """Test E[exp(bound)] <= p(x) for draws (n,) of a K-sample bound, log(1/K sum_k w_k).

    An unbiased average of weights satisfies it with equality, so the bound's own mean is below log p(x)
    (Jensen). `second_moment` >= E[w_bar²] / p(x)² decides when to accept; `detect` is the excess in nats.
    """
    excess = math.expm1(detect)
    effect = f"a factor of {1 + excess:.3g} ({detect:g} nats) in the average weight"

    def log_ratio(n: int, rng: np.random.Generator) -> np.ndarray:
        """log Z, Z = exp(bound) / p(x)."""
        return columns(draw, n, rng, 1) - log_evidence

    test = MeanAtMostOne(1, second_moment, excess, claim, effect, "the average weight over p(x)")
    return run(test, log_ratio, rng, alpha, beta)


def check_variance_at_most(
    draw: Draw,
    *,
    at_most: float | np.ndarray,
    kurtosis: float,
    rng: np.random.Generator,
    mean: float | np.ndarray | None = None,
    detect: float = 0.5,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The variance is at most the stated one",
) -> Result:
    """Test Var x_j <= at_most_j for rows x (d,), about the exact `mean` or, without one, from pairs of draws.

    "The control variate reduces the variance to at most a third" is at_most = exact plain variance / 3.
    Rejection rests on no moments at all; acceptance rules out variances (1 + detect) times the bound, for
    kurtosis E(x-Ex)⁴/Var² up to the stated one. Pairs use Z = (x - x')²/2, of kappa (kurtosis + 3)/2.
    """
    at_most = positive(at_most, np.size(at_most))
    kappa = kurtosis if mean is not None else (kurtosis + 3) / 2

    def log_squares(n: int, rng: np.random.Generator) -> np.ndarray:
        """log Z, Z the squared deviation, or that of pairs, over its bound."""
        x = columns(draw, n if mean is not None else 2 * n, rng, len(at_most))
        squares = (x - mean) ** 2 if mean is not None else (x[:n] - x[n:]) ** 2 / 2
        return np.log(np.maximum(squares / at_most, TINY))

    effect = f"a variance {1 + detect:g} times the bound"
    test = MeanAtMostOne(len(at_most), kappa, detect, claim, effect, "the variance over its bound")
    return run(test, log_squares, rng, alpha, beta)


TINY = 1e-300  # the logarithm of an exact zero would read as an impossible draw
LARGE = 600.0  # exp of more would overflow; a lower bound stays one when large weights are cut
