"""The tests under calibration, each with rows that satisfy its claim at the boundary and rows just beyond."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp
from scipy.stats import gamma

from grading.montecarlo.calibration.laws import LAWS, Law
from grading.montecarlo.calibration.replicate import Rows
from grading.montecarlo.categorical import CELLS, CountsFollow
from grading.montecarlo.mean import MeanAtLeast, MeanEquals
from grading.montecarlo.nonnegative import MeanAtMostOne
from grading.montecarlo.pilot import pilot_size, variance_bound
from grading.montecarlo.sequential import SequentialTest

ONE = np.eye(1)


@dataclass(frozen=True)
class Case:
    """A test; rows for which its claim holds (the hardest such); rows off by exactly the effect, by name.

    `start(r, rng)` runs what precedes a test (a pilot) and gives its rows, true or off by the effect.
    """

    kind: str
    law: str
    test: SequentialTest
    true: Callable[[int, np.random.Generator], Rows]
    wrong: Callable[[int, np.random.Generator], Rows]
    alpha_share: float = 1.0


def always(rows: Rows) -> Callable[[int, np.random.Generator], Rows]:
    """Rows that need no start."""
    return lambda r, rng: rows


def affine(law: Law, shift: float = 0.0, scale: float = 1.0, d: int = 1) -> Rows:
    """Rows of d independent coordinates, shift + scale y."""
    return lambda active, n, rng: shift + scale * law.sample((len(active), n, d), rng)


def mean_case(law: Law, sign: float) -> Case:
    """The mean, known to be 0; wrong by the effect to the side of the sign."""
    test = MeanEquals(np.zeros(1), ONE, 0.2)
    side = "+" if sign > 0 else "-"
    return Case("mean", f"{law.name} ({side})", test, always(affine(law)), always(affine(law, sign * 0.2)))


def whitened_case(law: Law) -> Case:
    """Four coordinates of correlation one half, whitened; a bias in the first whitened one only."""
    covariance = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    root = np.linalg.cholesky(covariance)
    values, vectors = np.linalg.eigh(covariance)
    whiten = (vectors * values**-0.5) @ vectors.T
    bias = np.linalg.solve(whiten, np.array([0.2, 0, 0, 0]))

    def rows(shift: np.ndarray) -> Rows:
        """Correlated rows, moved by `shift`."""
        return lambda active, n, rng: law.sample((len(active), n, 4), rng) @ root.T + shift

    test = MeanEquals(np.zeros(4), whiten, 0.2)
    return Case("mean, whitened", law.name, test, always(rows(np.zeros(4))), always(rows(bias)))


def at_least_case(law: Law, sign: float) -> Case:
    """The mean exactly at the bound; with sign -1 the long tail points below it."""
    test = MeanAtLeast(np.zeros(1), np.ones(1), 0.2)
    name = law.name if sign > 0 else f"-{law.name}"
    wrong = affine(law, -0.2, sign)
    return Case("inequality", name, test, always(affine(law, 0, sign)), always(wrong))


def second_moment_case(law: Law) -> Case:
    """E y² = 1, with its exact variance."""
    sd = math.sqrt(law.kurtosis - 1)
    test = MeanEquals(np.ones(1), ONE / sd, 0.2)

    def squares(factor: float) -> Rows:
        """y² times the factor."""
        return lambda active, n, rng: factor * law.sample((len(active), n, 1), rng) ** 2

    # a second moment too small by 0.2 sd: too large ones have larger fourth moments too
    wrong = squares(1 - 0.2 * sd) if 0.2 * sd < 0.9 else lambda a, n, rng: squares(1)(a, n, rng) + 0.2 * sd
    return Case("second moment", law.name, test, always(squares(1)), always(wrong))


def weight_case(k: int) -> Case:
    """Averages of K lognormal weights of mean 1, E w_bar² = 1 + (e - 1)/K."""
    excess = 0.2
    kappa = 1 + (math.e - 1) / k
    test = MeanAtMostOne(1, kappa, excess, "", "")

    def rows(shift: float) -> Rows:
        """Logarithms of the average weight, plus `shift`."""

        def log_average(active: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
            """Of K weights exp(z - 1/2) each."""
            log_w = rng.standard_normal((len(active), n, k)) - 0.5
            return logsumexp(log_w, axis=-1, keepdims=True) - math.log(k) + shift

        return log_average

    return Case("bound", f"lognormal weights, K = {k}", test, always(rows(0)), always(rows(math.log1p(excess))))


def variance_case(law: Law) -> Case:
    """The variance exactly at its bound; wrong by a factor of 1.5."""
    test = MeanAtMostOne(1, law.kurtosis, 0.5, "", "")

    def rows(factor: float) -> Rows:
        """Logarithms of factor y²."""
        return lambda a, n, rng: np.log(factor * law.sample((len(a), n, 1), rng) ** 2 + 1e-300)

    return Case("variance", law.name, test, always(rows(1)), always(rows(1.5)))


def counts_case(name: str, probs: np.ndarray, detect: float) -> Case:
    """The wrong probabilities move `detect` from the likeliest cell to the next."""
    order = np.argsort(probs)
    moved = probs.copy()
    moved[order[-1]] -= detect
    moved[order[-2]] += detect

    def rows(p: np.ndarray) -> Rows:
        """Categories with probabilities p."""
        edges = np.cumsum(p)[:-1]
        return lambda active, n, rng: np.searchsorted(edges, rng.random((len(active), n)), side="right")

    return Case("categories", name, CountsFollow(probs, detect), always(rows(probs)), always(rows(moved)))


def distribution_case() -> Case:
    """Gamma(0.3) through its distribution function; the wrong one puts 0.05 too much into the first cell."""
    probs = np.full(CELLS, 1 / CELLS)

    def true(active: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        """Cells of Gamma draws."""
        u = gamma(0.3).cdf(rng.standard_gamma(0.3, (len(active), n)))
        return np.minimum((u * CELLS).astype(int), CELLS - 1)

    def wrong(active: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        """A share of 0.05 / 0.95 of them is moved into the first cell."""
        u = rng.random((len(active), n))
        return np.where(u < 0.05 / 0.95, 0, true(active, n, rng))

    test = CountsFollow(probs, 0.05)
    return Case("distribution", "Gamma(0.3), 20 cells", test, always(true), always(wrong))


def kurtosis_case(law: Law, alpha: float = 0.01) -> Case:
    """The mean with a pilot: rows scaled by each replication's own bound on the standard deviation."""

    def start(bias: float) -> Callable[[int, np.random.Generator], Rows]:
        """The pilot, and rows that are off by `bias` times its bound."""

        def pilot(r: int, rng: np.random.Generator) -> Rows:
            """A bound for each replication; the rows over it."""
            size = pilot_size(law.kurtosis, alpha / 2)
            bound = [variance_bound(law.sample((size, 1), rng), np.zeros(1)) for _ in range(r)]
            sd = np.sqrt(np.array(bound))[:, None, :]
            return lambda active, n, rng: law.sample((len(active), n, 1), rng) / sd[active] + bias

        return pilot

    test = MeanEquals(np.zeros(1), ONE, 0.2)
    return Case("mean, kurtosis known", law.name, test, start(0.0), start(0.2), alpha_share=0.5)


def ratio_case(law: Law, alpha: float = 0.01) -> Case:
    """Var A = Var B / 3 exactly, against a bound from a pilot on B; wrong beyond the bound by 1.5."""

    def true(r: int, rng: np.random.Generator) -> Rows:
        """The bound from a pilot on B for each replication; log squares of A over it."""
        size = pilot_size(law.kurtosis, alpha / 2)
        bound = np.array([variance_bound(law.sample((size, 1), rng), np.zeros(1)) for _ in range(r)])[:, None]
        return lambda a, n, rng: np.log(law.sample((len(a), n, 1), rng) ** 2 / bound[a] + 1e-300)

    wrong = always(lambda a, n, rng: np.log(1.5 * law.sample((len(a), n, 1), rng) ** 2 + 1e-300))
    test = MeanAtMostOne(1, law.kurtosis, 0.5, "", "")
    return Case("variance ratio", law.name, test, true, wrong, alpha_share=0.5)


CASES = (
    *(mean_case(law, sign) for law in LAWS for sign in (1, -1)),
    *(whitened_case(law) for law in LAWS),
    *(at_least_case(law, sign) for law in LAWS for sign in (1, -1)),
    *(second_moment_case(law) for law in LAWS),
    *(weight_case(k) for k in (1, 5, 50)),
    *(variance_case(law) for law in LAWS),
    counts_case("(.1, .2, .3, .4)", np.array([0.1, 0.2, 0.3, 0.4]), 0.05),
    counts_case("(.001, .009, .09, .9)", np.array([0.001, 0.009, 0.09, 0.9]), 0.05),
    distribution_case(),
    *(kurtosis_case(law) for law in LAWS),
    *(ratio_case(law) for law in LAWS),
)
