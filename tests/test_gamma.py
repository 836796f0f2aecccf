"""Questions 2.2.14–2.2.19: the Gamma family, its Fisher matrix and the two descents.

Every oracle is a definition: torch's log density (shape–rate), differentiated by autograd, or a quadrature.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from grading.claims import array, claim
from grading.submission import Submission
from tests.strategies import RATES, SHAPES

PARAMETERIZATIONS = ("scale", "rate")


@pytest.mark.question("2.2.16")
@given(alpha=SHAPES, beta=RATES)
def test_fisher_is_positive_definite(submission: Submission, alpha: float, beta: float) -> None:
    """F = Fᵀ, and its smallest eigenvalue after scaling to unit diagonal is positive: exact, no statistics."""
    for parameterization in PARAMETERIZATIONS:
        F = array(submission.gamma.fisher_information(alpha, beta, parameterization), (2, 2), "the Fisher matrix")
        claim(np.array_equal(F, F.T), "the Fisher matrix is not symmetric")
        claim((np.diag(F) > 0).all(), f"its diagonal is {np.diag(F)}, not positive")
        correlation = F[0, 1] / np.sqrt(F[0, 0] * F[1, 1])
        claim(abs(correlation) < 1, f"its correlation is {correlation:.6g}, so it is not positive definite")
