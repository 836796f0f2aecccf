"""Question 2.2.13: black box variational inference with control variates.

Rows f - a h keep the mean of f when a does not depend on the row it multiplies, because E[h] = 0. The paper
estimates a on the same rows (Algorithm 2): right in the limit, with a bias of O(1/S) at finite S. Both pass, and so
do estimates that differ from the paper's by a factor of 1 + O(1/S); the check says which one it found. What a
multiplies, its sign and its size are tested without statistics, by giving the function rows whose covariance is known.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.montecarlo import rng_for
from grading.submission import Submission
from grading.verdict.claims import array, claim
from grading.verdict.exhibits import Exhibits
from tests.ascent import few_points, near_optimum, require_climb, require_less_variance, require_switch
from tests.recognition import agrees
from tests.strategies import seeds
from tests.test_bbvi import generic_problem

Scaling = Callable[[np.ndarray, np.ndarray], np.ndarray]


def rows_and_scores(seed: int, n: int, d: int = 2, rest: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Rows f correlated with h, with means and spreads of their own in each column; h is never small.

    `rest` is the size of what h does not explain: means and noise.
    """
    rng = np.random.default_rng(seed)
    h = rng.choice([-1, 1], (n, d)) * rng.uniform(0.3, 2.0, (n, d)) * rng.uniform(0.5, 3, d)
    noise = rng.normal(size=(n, d)) * rng.uniform(0.5, 2, d)
    return rng.uniform(1, 3, d) * h * rng.choice([-1, 1]) + rest * (noise + rng.normal(size=d)), h


def scaling_of(submission: Submission, f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """What each row of h was multiplied by, (S, d)."""
    rows = array(submission.bbvi.control_variate(f, h), f.shape, "control_variate")
    return (f - rows) / h


def ratio_of_sums(f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """sum_d Cov(f_d, h_d) / sum_d Var(h_d), with Cov and Var estimated from all rows (eq. 9)."""
    return PUBLISHED[EQ_9](f, h)


def per_coordinate(f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Cov(f_d, h_d) / Var(h_d) for each d on its own."""
    return np.array([ratio_of_sums(f[:, d : d + 1], h[:, d : d + 1])[0] for d in range(f.shape[1])])


def estimate(shared: bool, mean_f: bool, mean_h: bool, divisor: int) -> Scaling:
    """Cov(f, h) / Var(h) on all rows, each with the means subtracted or with E[h] = 0 put in.

    Cov and Var are divided by S or by S - 1: their ratio is one of three multiples of that of the sums.
    """

    def scaling(f: np.ndarray, h: np.ndarray) -> np.ndarray:
        covariance = ((f - mean_f * f.mean(axis=0)) * h).sum(axis=0)
        variance = np.square(h - mean_h * h.mean(axis=0)).sum(axis=0)
        factor = (len(f) / (len(f) - 1.0)) ** divisor
        if shared:
            covariance, variance = np.full((2, len(variance)), [[covariance.sum()], [variance.sum()]])
        return factor * covariance / variance

    return scaling


def of_all_entries(divisor: int) -> Scaling:
    """Cov(f, h) / Var(h) of all entries together: eq. 9, where the means of the columns are one, as those of h are."""

    def scaling(f: np.ndarray, h: np.ndarray) -> np.ndarray:
        return estimate(True, True, True, divisor)(f.reshape(-1, 1), h.reshape(-1, 1)).repeat(f.shape[1])

    return scaling


SHARES = {True: "the published ratio of sums (eq. 9)", False: "one scaling a coordinate"}
MOMENTS = {
    (True, True): "",
    (False, False): " with E[h] = 0 put in",
    (False, True): " with E[h] = 0 put into Cov alone",
    (True, False): " with E[h] = 0 put into Var alone",
}
DIVISORS = {0: "", 1: ", Cov over S - 1 and Var over S", -1: ", Cov over S and Var over S - 1"}
BIASED = ", on the same rows: its mean is biased by O(1/S)"
EQ_9 = SHARES[True] + BIASED
PUBLISHED: dict[str, Scaling] = {
    SHARES[shared] + MOMENTS[means] + DIVISORS[divisor] + BIASED: estimate(shared, *means, divisor)
    for divisor, means, shared in product(DIVISORS, MOMENTS, SHARES)
} | {f"one scaling of all entries{DIVISORS[divisor]}{BIASED}": of_all_entries(divisor) for divisor in DIVISORS}
"""Estimates of the scaling that a row itself takes part in, and are accepted because the paper does so."""


def regression(f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """f less what a linear regression on all components of h explains of it."""
    return f - h @ np.linalg.lstsq(h, f, rcond=None)[0]


def centred_regression(f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """The same with an intercept, which stays."""
    return f - h @ np.linalg.lstsq(h - h.mean(axis=0), f - f.mean(axis=0), rcond=None)[0]


REGRESSED = "a regression on all components of h" + BIASED
UNBIASED = "a scaling that leaves out the row it multiplies: the mean is exact at every S"


def variant_of(submission: Submission, f: np.ndarray, h: np.ndarray, replaced: int) -> str:
    """Which estimate of the scaling this is.  Raises Refuted where it is neither published nor unbiased.

    A constant in the denominator, against zeros, is no mistake while it is small: hence five digits.
    """
    found = scaling_of(submission, f, h)
    for name, scaling in PUBLISHED.items():
        if np.allclose(found, scaling(f, h), rtol=1e-5):
            return name
    if any(np.allclose(f - found * h, rows(f, h), rtol=1e-5) for rows in (regression, centred_regression)):
        return REGRESSED
    if leaves_out(submission, f, h, found, replaced):
        return UNBIASED
    wrong = {
        "the sign of the scaling is wrong: f + a h adds variance": lambda: -ratio_of_sums(f, h),
        "a sum of ratios was taken; eq. 9 is a ratio of sums": lambda: np.full(2, per_coordinate(f, h).sum()),
        "the mean of the ratios was taken; eq. 9 is a ratio of sums": lambda: np.full(2, per_coordinate(f, h).mean()),
        "the ratio is upside down: Var(h) / Cov(f, h)": lambda: 1 / ratio_of_sums(f, h),
        "Cov(f, h) was divided by the variance of f, not of h": lambda: (
            ratio_of_sums(f, h) * (h.var(0).sum() / f.var(0).sum())
        ),
        "the scaling of all rows but the last is used on all": lambda: ratio_of_sums(f[:-1], h[:-1]),
        "the scaling of the first half is used on all rows": lambda: ratio_of_sums(f[: len(f) // 2], h[: len(f) // 2]),
        "nothing is subtracted": lambda: np.zeros(2),
    }
    agrees(found, np.broadcast_to(ratio_of_sums(f, h), f.shape), "the scaling of h", oracle="eq. 9", mistakes=wrong)
    raise AssertionError("unreachable: the published scaling was tried first")


def leaves_out(submission: Submission, f: np.ndarray, h: np.ndarray, found: np.ndarray, row: int) -> bool:
    """Does the scaling of a row stay the same when that row is replaced, and differ from nothing?"""
    f_other, h_other = f.copy(), h.copy()
    f_other[row], h_other[row] = 2.5 * f[row] + 1.7, -1.3 * h[row]
    other = scaling_of(submission, f_other, h_other)
    return bool(np.allclose(other[row], found[row], rtol=1e-6) and not np.allclose(found[row], 0))


@pytest.mark.question("2.2.13")
@given(n=st.integers(5, 40), row=st.integers(0, 39), seed=seeds())
def test_scaling_is_published_or_unbiased(
    submission: Submission, exhibits: Exhibits, n: int, row: int, seed: int
) -> None:
    """Each row is f - a h, with a estimated as published, up to a factor of 1 + O(1/S), or from the other rows.

    Rung: pathwise, row by row: the rows are given, and a row that is left out of its own scaling leaves the mean alone.
    """
    exhibits.fact("variant", variant_of(submission, *rows_and_scores(seed, n), row % n))


@pytest.mark.question("2.2.13")
@given(seed=seeds())
def test_scaling_minimises_the_variance(submission: Submission, seed: int) -> None:
    """With 2000 rows, a is Cov(f, h) / Var(h): no other scaling leaves a smaller variance.

    No more rows, for a loop that leaves out each in turn takes the square of their number; and h explains nearly all of
    f, so that estimates from some of the rows are as good as those from all.

    Rung: pathwise: the variance is that of the given rows, no estimate of another.
    """
    f, h = rows_and_scores(seed, 2000, rest=0.1)
    rows = array(submission.bbvi.control_variate(f, h), f.shape, "control_variate")
    least = (f - ratio_of_sums(f, h) * h).var(axis=0).sum()
    left, plain = rows.var(axis=0).sum(), f.var(axis=0).sum()
    claim(
        left <= least + 1e-3 * (plain - least),
        f"the rows vary by {left:.6g} where {least:.6g} can be reached; without a control variate it is {plain:.6g}",
    )


@pytest.mark.question("2.2.13")
@given(n=st.integers(2, 10), seed=seeds(), factor=st.floats(0.5, 20), shift=st.floats(-50, 50))
def test_scaling_is_equivariant(submission: Submission, n: int, seed: int, factor: float, shift: float) -> None:
    """Rows c f give c times the rows, the size of h does not matter, and a multiple of h is taken away entirely.

    Up to the factor of 1 + O(1/S) that the estimates differ by. In 4 n rows every other h is minus the one before, so
    that any run of them has nearly its mean of zero.

    Rung: pathwise, row by row.
    """
    f, h = rows_and_scores(seed, 4 * n)
    h[1::2] = -h[::2]
    rows = array(submission.bbvi.control_variate(f, h), f.shape, "control_variate")
    scaled = array(submission.bbvi.control_variate(factor * f, h), f.shape, "control_variate")
    agrees(scaled, factor * rows, "control_variate(c f, h)", oracle="c control_variate(f, h)", atol=1e-9 * factor)
    smaller = array(submission.bbvi.control_variate(f, h / 2), f.shape, "control_variate")
    slack = 1e-5 * np.abs(f).max() + 1e-4 * np.abs(rows - f)  # a small constant against a variance of zero
    agrees(smaller, rows, "control_variate(f, h / 2)", oracle="control_variate(f, h)", atol=slack)
    pure = array(submission.bbvi.control_variate(shift * h, h), f.shape, "control_variate")
    slack = 1e-5 * (1 + abs(shift)) + abs(shift) * np.abs(h) * 1.01 / (2 * n - 1)  # Cov and Var of half of the rows
    agrees(pure, np.zeros_like(h), "control_variate(c h, h)", oracle="0, for h explains it all", atol=slack)


@pytest.mark.question("2.2.13")
def test_fit_with_control_variates_climbs_the_bound(submission: Submission, seed: int, exhibits: Exhibits) -> None:
    """With control variates, too, short steps follow the gradient of the bound on average.

    Some start at q, the others where one longer step led.

    Rung: Monte Carlo, because `fit` draws its own numbers, in an order of its own. With mean and variance of a step by
    quadrature, at each q, correct work fails with probability at most 1e-11; this holds for unbiased scalings, and for
    the published ones up to their bias of O(1/S), which is less than 0.06 standard deviations of a step of 400
    draws. A mean that is off by 0.4 of them in one parameter, from the gradient in each of nine usual coordinates, is
    found in each with probability 1 - 1e-07.
    """
    name = "fit_with_control_variates_climbs_the_bound"
    problem = few_points(rng_for(seed, name))
    exhibits.fact("steps in", require_climb(submission, problem, True, seed, name))


@pytest.mark.question("2.2.13")
def test_fit_with_control_variates_varies_less(submission: Submission, seed: int) -> None:
    """Close to the posterior, short steps with control variates vary less than half as much as without.

    Or, where steps without vary little already, less than twice as much. From the same generator they lead elsewhere.

    Rung: Monte Carlo, because `fit` draws its own numbers, in an order of its own. Correct work fails with probability
    at most 1e-11: by quadrature the usual scalings leave less than a thousandth of the plain variance, of which 1000
    steps are estimate enough. A variance of 1.5 times the bound is found with probability 1 - 1e-06, if the kurtosis of
    the steps is at most 6: an assumption about wrong work, which no theory bounds.
    """
    name = "fit_with_control_variates_varies_less"
    x, prior, _ = generic_problem(rng_for(seed, name), 40)
    problem = x, prior, near_optimum(x)
    require_switch(submission, problem)
    require_less_variance(submission, problem, seed, name)
