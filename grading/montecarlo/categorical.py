"""Draws of categories against exact probabilities, and continuous samplers through their distribution.

Against p: the Dirichlet-multinomial martingale (Lindon & Malek 2022, arXiv:2011.03567)

    M_n(k) = Γ(k)/Γ(n+k) prod_j Γ(c_j + k p_j) / (Γ(k p_j) p_j^{c_j}),

the likelihood ratio of a Dirichlet(k p) mixture to p itself, averaged over k: exact at every n, no chi²
approximation. In favour: Bernoulli likelihood ratios of p_j to p_j ± detect for every cell j.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import betaln, gammaln

from grading.montecarlo.budget import ALPHA, BETA
from grading.montecarlo.catoni import log_mean_exp
from grading.montecarlo.confidence import ConfidenceSequence, crossing, sequence
from grading.montecarlo.draws import Draw, columns, labels
from grading.montecarlo.result import Result
from grading.montecarlo.sequential import run

CONCENTRATIONS = np.array([1.0, 10.0, 100.0, 1000.0])
CELLS = 20
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class CountsFollow:
    """The draws, integers 0..K-1, have probabilities `probs` (K,), each resolved to `detect`."""

    probs: Float[np.ndarray, " K"]
    detect: float
    claim: str = "The categories have the stated probabilities"
    name: Callable[[int], str] = "category {}".format

    @property
    def effect(self) -> str:
        """The deviation that is found, in words."""
        return f"{self.detect:g} in the probability of any category"

    def limit(self, beta: float) -> int:
        """Eight times the draws that a gain of detect² / (2 variance) each needs."""
        p = np.concatenate([self.probs, np.minimum(self.probs + self.detect, 0.5)])
        variance = float((p * (1 - p)).max())
        return math.ceil(16 * math.log(1 / beta) * variance / self.detect**2)

    def statistics(self, rows: np.ndarray) -> np.ndarray:
        """(...) integers to (..., K) indicators."""
        return np.eye(len(self.probs))[rows]

    def evidence(self, totals: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Against, a mixture over all probabilities; for the claim, the nearest that is off by the effect."""
        return self._against(totals, n), self._in_favour(totals, n)

    def _against(self, counts: np.ndarray, n: int) -> np.ndarray:
        possible = self.probs > 0
        c, p = counts[..., None, possible], self.probs[possible]
        k = CONCENTRATIONS * len(self.probs)
        prior = k[:, None] * p
        cells = gammaln(c + prior) - gammaln(prior) - c * np.log(p)
        log_m = gammaln(k) - gammaln(n + k) + cells.sum(axis=-1)
        impossible = counts[..., ~possible].sum(axis=-1) > 0
        return np.where(impossible, math.inf, log_mean_exp(log_m, axis=-1))

    def _in_favour(self, counts: np.ndarray, n: int) -> np.ndarray:
        p = np.concatenate([self.probs, self.probs])
        q = np.concatenate([self.probs + self.detect, self.probs - self.detect])
        c = np.concatenate([counts, counts], axis=-1)
        possible = (q >= 0) & (q <= 1)  # probabilities beyond 0 and 1 need not be ruled out
        p, q, c = (np.clip(p[possible], 1e-300, 1), np.clip(q[possible], 1e-300, 1 - 1e-16), c[..., possible])
        gain = c * np.log(p / q) + (n - c) * (np.log1p(-np.minimum(p, 1 - 1e-16)) - np.log1p(-q))
        return gain.min(axis=-1)

    def detail(self, totals: np.ndarray, n: int) -> str:
        """The category that is furthest off."""
        worst = self.worst(totals / n)
        return (
            f"{int(totals[worst])} of {n} draws ({totals[worst] / n:.4f}) are in {self.name(worst)}, "
            f"whose probability is {self.probs[worst]:.4f}."
        )

    def worst(self, frequencies: np.ndarray) -> int:
        """The category that is furthest from its probability, in standard deviations."""
        variance = np.maximum(self.probs * (1 - self.probs), TINY)
        return int(np.argmax(np.abs(frequencies - self.probs) / np.sqrt(variance)))

    def sequence(self, rows: np.ndarray, alpha: float) -> ConfidenceSequence:
        """For the probability of the category that is furthest off, from its indicator alone.

        Against p: the beta mixture B(c + 1, n - c + 1) / (p^c (1 - p)^(n - c)), whose logarithm is convex in p
        (Robbins 1970).  A test of all categories at once may reject before one of them is seen to be off.
        """
        worst = self.worst(np.bincount(rows, minlength=len(self.probs)) / len(rows))

        def interval(came: np.ndarray) -> tuple[float, float]:
            """The ends for one category's probability."""
            n, c = len(came), float(came.sum())

            def beyond(p: float) -> float:
                """The log e-value against p, less its threshold; zero at the ends."""
                p = min(max(p, TINY), 1 - TINY)
                return float(betaln(c + 1, n - c + 1) - c * math.log(p) - (n - c) * math.log1p(-p)) + math.log(alpha)

            return max(0.0, crossing(beyond, c / n, -0.1)), min(1.0, crossing(beyond, c / n, 0.1))

        came = (rows == worst).astype(float)
        return sequence(f"the share of draws in {self.name(worst)}", float(self.probs[worst]), came, interval)


def check_categorical(
    draw: Draw,
    *,
    probs: np.ndarray,
    rng: np.random.Generator,
    detect: float = 0.02,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The categories have the stated probabilities",
) -> Result:
    """Test that integers from `draw(n, rng)` (n,) are i.i.d. with probabilities `probs` (K,).

    Fails with probability at most alpha if they are; passes with probability about beta if any category's
    probability is off by `detect` or more. Raises ValueError if probs are not probabilities.
    """
    probs = np.asarray(probs, dtype=float)
    if probs.ndim != 1 or (probs < 0).any() or not math.isclose(probs.sum(), 1, abs_tol=1e-9):
        raise ValueError(f"probabilities are nonnegative, one-dimensional and sum to 1, not {probs}")
    test = CountsFollow(probs, detect, claim)
    return run(test, lambda n, rng: labels(draw, n, rng, len(probs)), rng, alpha, beta)


def check_distribution(
    draw: Draw,
    *,
    cdf: Callable[[np.ndarray], np.ndarray],
    rng: np.random.Generator,
    detect: float = 0.02,
    alpha: float = ALPHA,
    beta: float = BETA,
    claim: str = "The draws have the stated distribution",
) -> Result:
    """Test that reals from `draw(n, rng)` (n,) are i.i.d. with the continuous distribution function `cdf`.

    By the probability-integral transform cdf(x) is uniform; its 20 equal cells are categories.
    """

    def cells(n: int, rng: np.random.Generator) -> np.ndarray:
        """The cell of each draw."""
        u = np.asarray(cdf(columns(draw, n, rng, 1)[:, 0]), dtype=float)
        return np.minimum(np.floor(CELLS * u), CELLS - 1)

    def name(cell: int) -> str:
        """Its range of probabilities."""
        return f"the {100 * cell // CELLS} % to {100 * (cell + 1) // CELLS} % range of the stated distribution"

    test = CountsFollow(np.full(CELLS, 1 / CELLS), detect, claim, name)
    return run(test, lambda n, rng: labels(cells, n, rng, CELLS), rng, alpha, beta)
