"""Question 2.2.13: black box variational inference with control variates.

Rows f - a h keep the mean of f when a does not depend on the row it multiplies, because E[h] = 0. The paper
estimates a on the same rows (Algorithm 2): right in the limit, with a bias of O(1/S) at finite S. Both pass; the
check says which one it found. What a multiplies, its sign and its size are tested without statistics, by giving
the function rows whose covariance is known.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.montecarlo import rng_for
from grading.submission import Submission
from grading.verdict.claims import array, claim
from grading.verdict.exhibits import Exhibits
from tests.ascent import near_optimum, require_climb, require_less_variance
from tests.recognition import agrees
from tests.strategies import seeds
from tests.test_bbvi import generic_problem

Scaling = Callable[[np.ndarray, np.ndarray], np.ndarray]


def rows_and_scores(seed: int, n: int, d: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Rows f correlated with h, with means and spreads of their own in each column; h is never small."""
    rng = np.random.default_rng(seed)
    h = rng.choice([-1, 1], (n, d)) * rng.uniform(0.3, 2.0, (n, d)) * rng.uniform(0.5, 3, d)
    noise = rng.normal(size=(n, d)) * rng.uniform(0.5, 2, d)
    return rng.uniform(1, 3, d) * h * rng.choice([-1, 1]) + noise + rng.normal(size=d), h


def scaling_of(submission: Submission, f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """What each row of h was multiplied by, (S, d)."""
    rows = array(submission.bbvi.control_variate(f, h), f.shape, "control_variate")
    return (f - rows) / h


def ratio_of_sums(f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """sum_d Cov(f_d, h_d) / sum_d Var(h_d), with Cov and Var estimated from all rows (eq. 9)."""
    f, h = f - f.mean(axis=0), h - h.mean(axis=0)
    return np.full(f.shape[1], (f * h).sum() / (h * h).sum())


def per_coordinate(f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Cov(f_d, h_d) / Var(h_d) for each d on its own."""
    return np.array([ratio_of_sums(f[:, d : d + 1], h[:, d : d + 1])[0] for d in range(f.shape[1])])


def zero_mean(scaling: Scaling) -> Scaling:
    """The same with E[h] = 0 put in: second moments instead of covariances."""

    def uncentred(f: np.ndarray, h: np.ndarray) -> np.ndarray:
        return scaling(np.concatenate([f, -f]), np.concatenate([h, -h]))

    return uncentred


def half_centred(f: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Cov over S - 1 and Var over S, as `np.cov` and `np.var` divide by default."""
    return ratio_of_sums(f, h) * len(f) / (len(f) - 1)


SAME_SAMPLE: dict[str, Scaling] = {
    "the published ratio of sums (eq. 9), on the same rows: its mean is biased by O(1/S)": ratio_of_sums,
    "one scaling a coordinate, on the same rows: its mean is biased by O(1/S)": per_coordinate,
    "the ratio of sums with E[h] = 0 put in, on the same rows: biased by O(1/S)": zero_mean(ratio_of_sums),
    "one scaling a coordinate with E[h] = 0 put in, on the same rows: biased by O(1/S)": zero_mean(per_coordinate),
    "the ratio of sums with Cov over S - 1 and Var over S, on the same rows: biased by O(1/S)": half_centred,
    "one scaling a coordinate with Cov over S - 1 and Var over S, on the same rows: biased by O(1/S)": lambda f, h: (
        per_coordinate(f, h) * len(f) / (len(f) - 1)
    ),
}
"""Estimates of the scaling that a row itself takes part in, and are accepted because the paper does so."""

UNBIASED = "a scaling that leaves out the row it multiplies: the mean is exact at every S"


def variant_of(submission: Submission, f: np.ndarray, h: np.ndarray) -> str:
    """Which estimate of the scaling this is.  Raises Refuted where it is neither published nor unbiased."""
    found = scaling_of(submission, f, h)
    for name, scaling in SAME_SAMPLE.items():
        if np.allclose(found, scaling(f, h), rtol=1e-6):
            return name
    if leaves_its_row_out(submission, f, h, found):
        return UNBIASED
    wrong = {
        "the sign of the scaling is wrong: f + a h adds variance": lambda: -ratio_of_sums(f, h),
        "a sum of ratios was taken; eq. 9 is a ratio of sums": lambda: np.full(2, per_coordinate(f, h).sum()),
        "the mean of the ratios was taken; eq. 9 is a ratio of sums": lambda: np.full(2, per_coordinate(f, h).mean()),
        "the ratio is upside down: Var(h) / Cov(f, h)": lambda: 1 / ratio_of_sums(f, h),
        "Cov(f, h) was divided by the variance of f, not of h": lambda: (
            ratio_of_sums(f, h) * (h.var(0).sum() / f.var(0).sum())
        ),
        "nothing is subtracted": lambda: np.zeros(2),
    }
    agrees(found, np.broadcast_to(ratio_of_sums(f, h), f.shape), "the scaling of h", oracle="eq. 9", mistakes=wrong)
    raise AssertionError("unreachable: the published scaling was tried first")


def leaves_its_row_out(submission: Submission, f: np.ndarray, h: np.ndarray, found: np.ndarray) -> bool:
    """Does the scaling of the last row stay the same when that row is replaced, and differ from nothing?"""
    f_other, h_other = f.copy(), h.copy()
    f_other[-1], h_other[-1] = 2.5 * f[-1] + 1.7, -1.3 * h[-1]
    other = scaling_of(submission, f_other, h_other)
    return bool(np.allclose(other[-1], found[-1], rtol=1e-6) and not np.allclose(found[-1], 0))


@pytest.mark.question("2.2.13")
@given(n=st.integers(5, 40), seed=seeds())
def test_scaling_is_published_or_unbiased(submission: Submission, exhibits: Exhibits, n: int, seed: int) -> None:
    """Each row is f - a h, with a estimated as published or from the other rows.

    Rung: pathwise, row by row: the rows are given, and a row that is left out of its own scaling leaves the mean alone.
    """
    exhibits.fact("variant", variant_of(submission, *rows_and_scores(seed, n)))


@pytest.mark.question("2.2.13")
@given(seed=seeds())
def test_scaling_minimises_the_variance(submission: Submission, seed: int) -> None:
    """With 20,000 rows, a is Cov(f, h) / Var(h): no other scaling leaves a smaller variance.

    Rung: pathwise: the variance is that of the given rows, no estimate of another.
    """
    f, h = rows_and_scores(seed, 20_000)
    rows = array(submission.bbvi.control_variate(f, h), f.shape, "control_variate")
    least = (f - ratio_of_sums(f, h) * h).var(axis=0).sum()
    left, plain = rows.var(axis=0).sum(), f.var(axis=0).sum()
    claim(
        left <= least + 1e-3 * (plain - least),
        f"the rows vary by {left:.6g} where {least:.6g} can be reached; without a control variate it is {plain:.6g}",
    )


@pytest.mark.question("2.2.13")
@given(n=st.integers(5, 40), seed=seeds(), factor=st.floats(0.5, 20), shift=st.floats(-50, 50))
def test_scaling_is_equivariant(submission: Submission, n: int, seed: int, factor: float, shift: float) -> None:
    """Rows c f give c times the rows, the size of h does not matter, and a multiple of h is taken away entirely.

    Rung: pathwise, row by row.
    """
    f, h = rows_and_scores(seed, n)
    rows = array(submission.bbvi.control_variate(f, h), f.shape, "control_variate")
    scaled = array(submission.bbvi.control_variate(factor * f, h), f.shape, "control_variate")
    agrees(scaled, factor * rows, "control_variate(c f, h)", oracle="c control_variate(f, h)", atol=1e-9 * factor)
    smaller = array(submission.bbvi.control_variate(f, h / 10), f.shape, "control_variate")
    agrees(smaller, rows, "control_variate(f, h / 10)", oracle="control_variate(f, h)", atol=1e-6 * np.abs(f).max())
    pure = array(submission.bbvi.control_variate(shift * h, h), f.shape, "control_variate")
    slack = 1e-6 * (1 + abs(shift)) + abs(shift) * np.abs(h) * 1.01 / (n - 1)  # Cov over S - 1, Var over S
    agrees(pure, np.zeros_like(h), "control_variate(c h, h)", oracle="0, for h explains it all", atol=slack)


@pytest.mark.question("2.2.13")
def test_fit_with_control_variates_climbs_the_bound(submission: Submission, seed: int, exhibits: Exhibits) -> None:
    """With control variates, too, short steps follow the gradient of the bound on average.

    Rung: Monte Carlo, because `fit` draws its own numbers, in an order of its own. With mean and variance of a step by
    quadrature, correct work fails with probability at most 1e-11; a mean that is off by 0.3 standard deviations of a
    step of 1000 draws is found with probability 1 - 1e-06.
    """
    name = "fit_with_control_variates_climbs_the_bound"
    problem = generic_problem(rng_for(seed, name), 20)
    exhibits.fact("steps", require_climb(submission, problem, True, seed, name))


@pytest.mark.question("2.2.13")
def test_fit_with_control_variates_varies_less(submission: Submission, seed: int) -> None:
    """Close to the posterior, short steps with control variates vary less than half as much as without.

    Rung: Monte Carlo, because `fit` draws its own numbers, in an order of its own. Correct work fails with probability
    at most 1e-11: by quadrature the usual scalings leave less than a thousandth of the plain variance, of which 1000
    steps are estimate enough. A variance of 1.5 times the bound is found with probability 1 - 1e-06.
    """
    name = "fit_with_control_variates_varies_less"
    x, prior, _ = generic_problem(rng_for(seed, name), 40)
    require_less_variance(submission, (x, prior, near_optimum(x)), seed, name)
