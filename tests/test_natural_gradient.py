"""Questions 2.2.15 and 2.2.16: the Fisher matrix of the Gamma in shape and scale, and the natural gradient.

The oracle for the Fisher matrix is its definition, E[score scoreᵀ], with the score by autodiff of torch's log density
and the expectation by quadrature.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Gamma, kl_divergence

from grading.submission import Submission
from grading.verdict.claims import array, claim
from tests import densities
from tests.densities import tensor
from tests.gamma_family import SCALE, THETA, Theta, eta_of, moments_of_T
from tests.recognition import agrees
from tests.strategies import RATES, log_uniform


@pytest.mark.question("2.2.15")
@given(theta=THETA, angle=st.floats(0.2, 1.3), quadrant=st.integers(0, 3))
def test_natural_gradient_solves_the_fisher_system(
    submission: Submission, theta: Theta, angle: float, quadrant: int
) -> None:
    """F(theta) times the natural gradient is the gradient, with F = E[score scoreᵀ] by quadrature.

    Rung: exact expectation, by quadrature: the Fisher matrix is a mean.
    """
    fisher = densities.gamma_fisher(theta)
    direction = angle + quadrant * np.pi / 2  # off the axes, where one mistake looks like another
    gradient = np.sqrt(np.diag(fisher)) * [np.cos(direction), np.sin(direction)]
    found = array(submission.gamma.natural_gradient(gradient, *theta, parameterization=SCALE), (2,), "natural_gradient")
    J, eta_fisher = np.diag([1, theta[1] ** -2]), moments_of_T(theta)[1]
    mistakes = {
        "F(theta)^-1 = J^-1 F(eta)^-1 J^-T was taken for J^T F(eta)^-1 J; J is not its own inverse": lambda: (
            fisher @ J.T @ np.linalg.solve(eta_fisher, J @ gradient)
        ),
        "the gradient was multiplied by the Fisher matrix, not by its inverse": lambda: fisher @ fisher @ gradient,
        "the gradient itself came back": lambda: fisher @ gradient,
        "the Fisher matrix is that of shape–rate: its corner has the opposite sign": lambda: (
            fisher @ np.linalg.solve(fisher * [[1, -1], [-1, 1]], gradient)
        ),
        "F(eta) was inverted where F(theta) belongs": lambda: fisher @ np.linalg.solve(eta_fisher, gradient),
    }
    slack = 1e-7 * np.abs(fisher) @ np.abs(found) / max(1, theta[0])  # the system is that ill-conditioned
    oracle = "the gradient it was made from"
    agrees(fisher @ found, gradient, "F natural_gradient", oracle=oracle, mistakes=mistakes, rtol=1e-6, atol=slack)


@pytest.mark.question("2.2.15")
@given(theta=st.tuples(log_uniform(0.1, 100), RATES), target=st.tuples(log_uniform(0.1, 100), log_uniform(0.2, 5)))
def test_unit_step_lands_on_the_target(submission: Submission, theta: Theta, target: Theta) -> None:
    """The natural gradient of KL(p_theta || p_target), carried over to eta, is eta - eta_target.

    Descending KL inside the family, one unit step in the natural parameters lands on the target; the same vector
    must come out of shape and scale, for the natural gradient does not depend on coordinates (Amari 1998).

    Rung: pathwise: an identity between vectors; nothing is random.
    """
    target = (target[0], theta[1] * target[1])
    goal = Gamma(tensor(target[0]), tensor(1 / target[1]))
    gradient = densities.gradient(lambda at: kl_divergence(Gamma(at[0], 1 / at[1]), goal), theta)
    found = array(submission.gamma.natural_gradient(gradient, *theta, parameterization=SCALE), (2,), "natural_gradient")
    carried = np.array([1, theta[1] ** -2]) * found
    expected = eta_of(theta) - eta_of(target)
    slack = 1e-7 * (theta[0] + target[0]) * np.array([1, 1 / theta[1]])
    oracle = "eta - eta_target"
    agrees(carried, expected, "J natural_gradient(grad KL)", oracle=oracle, rtol=1e-6, atol=slack)


@pytest.mark.question("2.2.16")
@given(theta=THETA)
def test_fisher_is_the_covariance_of_the_score(submission: Submission, theta: Theta) -> None:
    """F(alpha, beta) = E[grad log p grad log pᵀ].

    Rung: exact expectation, by quadrature: the Fisher matrix is a mean.
    """
    found = array(submission.gamma.fisher_information(*theta, parameterization=SCALE), (2, 2), "fisher_information")
    expected, beta = densities.gamma_fisher(theta), theta[1]
    rate = np.array([[1, -(beta**2)], [-(beta**2), beta**4]])
    mistakes = {
        "the corner's sign is that of shape–rate; the assignment's beta is a scale": lambda: (
            expected * [[1, -1], [-1, 1]]
        ),
        "it is the matrix in shape and rate 1/beta; the assignment's beta is a scale": lambda: expected * rate,
        "it is F(eta), in the natural parameters; J^T F(eta) J is still to do": lambda: moments_of_T(theta)[1],
        "the corner is zero, but shape and scale are not orthogonal": lambda: np.diag(np.diag(expected)),
        "it is the negative of the matrix": lambda: -expected,
        "it is the inverse of the matrix": lambda: np.linalg.inv(expected),
    }
    oracle = "E[score scoreᵀ], by autodiff and quadrature"
    agrees(found, expected, "fisher_information", oracle=oracle, mistakes=mistakes)


@pytest.mark.question("2.2.16")
@given(theta=THETA)
def test_fisher_is_positive_definite(submission: Submission, theta: Theta) -> None:
    """F = Fᵀ, with a positive diagonal and determinant, up to shapes where the two parameters nearly merge.

    Rung: pathwise: a property of every matrix that is returned.
    """
    F = array(submission.gamma.fisher_information(*theta, parameterization=SCALE), (2, 2), "fisher_information")
    claim(np.allclose(F, F.T, rtol=1e-12, atol=0), "the Fisher matrix is not symmetric")
    claim((np.diag(F) > 0).all(), f"its diagonal is {np.diag(F)}, not positive")
    correlation = F[0, 1] / np.sqrt(F[0, 0] * F[1, 1])
    claim(abs(correlation) < 1, f"its correlation is {correlation:.6g}, so it is not positive definite")
