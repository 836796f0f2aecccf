"""Questions 2.2.14 and 2.2.17: the Gamma as an exponential family, and its average negative log likelihood.

The assignment is in shape and scale, and so is every oracle: torch's log density, differentiated by autograd, and
expectations under it by quadrature. `test_natural_gradient` has 2.2.15 and 2.2.16, `test_gamma_descent` 2.2.18.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.submission import Submission
from grading.verdict.claims import array, number
from tests import densities
from tests.densities import tensor
from tests.gamma_family import SCALE, SIZES, THETA, Theta, data_with_optimum, eta_of, moments_of_T, points, terms
from tests.recognition import agrees
from tests.strategies import RATES, log_uniform, seeds


@pytest.mark.question("2.2.14")
@given(theta=THETA, size=SIZES, seed=seeds())
def test_exponential_family_is_the_density(submission: Submission, theta: Theta, size: int, seed: int) -> None:
    """exp(eta . T(x) - A(eta)) is the Gamma density with shape alpha and scale beta.

    Rung: pathwise, point by point.
    """
    x, gamma = points(theta, size, seed), submission.gamma
    eta = array(gamma.natural_parameters(*theta, parameterization=SCALE), (2,), "natural_parameters")
    T = array(gamma.sufficient_statistics(x), (size, 2), "sufficient_statistics")
    A = number(gamma.log_partition(eta), "log_partition")
    expected = densities.gamma_log_density(tensor(x), tensor(theta)).numpy()
    mistakes = {
        "beta is used as a rate; the assignment's beta is a scale": lambda: densities.gamma_log_density(
            tensor(x), tensor((theta[0], 1 / theta[1]))
        ),
        "the sign of A(eta) is wrong: it is subtracted in the exponent": lambda: expected + 2 * A,
        "eta_1 is alpha, so the base measure would have to be 1/x, not 1": lambda: expected + np.log(x),
    }
    agrees(
        T @ eta - A,
        expected,
        "eta . T(x) - A(eta)",
        oracle="torch's log density",
        mistakes=mistakes,
        atol=1e-9 * terms(x, theta),
    )


@pytest.mark.question("2.2.14")
@given(theta=THETA, size=SIZES, seed=seeds())
def test_statistics_are_log_x_and_x(submission: Submission, theta: Theta, size: int, seed: int) -> None:
    """T(x) = (log x, x), in this order, and eta = (alpha - 1, -1/beta) belongs to it.

    Rung: pathwise, point by point.
    """
    x = points(theta, size, seed)
    T = array(submission.gamma.sufficient_statistics(x), (size, 2), "sufficient_statistics")
    expected = np.stack([np.log(x), x], axis=1)
    swapped = {"the two statistics are swapped": lambda: expected[:, ::-1]}
    agrees(T, expected, "sufficient_statistics", oracle="(log x, x)", mistakes=swapped, atol=1e-12)
    eta = array(submission.gamma.natural_parameters(*theta, parameterization=SCALE), (2,), "natural_parameters")
    mistakes = {
        "beta is used as a rate; the assignment's beta is a scale": lambda: eta_of((theta[0], 1 / theta[1])),
        "the second component's sign is wrong": lambda: eta_of(theta) * [1, -1],
        "the first component is alpha - 1, since the density has x^(alpha - 1)": lambda: (
            eta_of(theta) + np.array([1, 0])
        ),
    }
    oracle = "what multiplies log x and x in the log density"
    agrees(eta, eta_of(theta), "natural_parameters", oracle=oracle, mistakes=mistakes, atol=[1e-12, 0])


@pytest.mark.question("2.2.14")
@given(theta=THETA)
def test_log_partition_gradient_is_the_mean_of_T(submission: Submission, theta: Theta) -> None:
    """grad A(eta) = E[T(x)].

    Rung: exact expectation, by quadrature: that is what the gradient of A means, and it asks for no formula of A.
    """
    found = array(submission.gamma.log_partition_gradient(eta_of(theta)), (2,), "log_partition_gradient")
    mean, _ = moments_of_T(theta)
    mistakes = {
        "the first component's log(-eta_2) has the wrong sign": lambda: mean - [2 * np.log(theta[1]), 0],
        "the second component's sign is wrong": lambda: mean * [1, -1],
        "psi is taken at eta_1, where eta_1 + 1 belongs": lambda: mean - [1 / (theta[0] - 1), 0],
    }
    slack = [1e-9 * (1 + abs(np.log(theta[0])) + abs(np.log(theta[1])) + 1 / theta[0]), 0]
    agrees(found, mean, "log_partition_gradient", oracle="E[T], by quadrature", mistakes=mistakes, atol=slack)


@pytest.mark.question("2.2.14")
@given(theta=st.tuples(log_uniform(0.1, 1000), RATES))
def test_log_partition_curvature_is_the_covariance_of_T(submission: Submission, theta: Theta) -> None:
    """The second derivatives of A, by differences of log_partition_gradient, are Cov[T(x)] by quadrature.

    Rung: exact expectation, by quadrature: that is what the curvature of A means, and it asks for no formula of A.
    """
    eta, (_, covariance) = eta_of(theta), moments_of_T(theta)
    reach = np.array([theta[0], eta[1]]) * 1e-3
    columns = []
    for i in range(2):
        h = np.where(np.arange(2) == i, reach, 0.0)
        up, down, far_up, far_down = (
            array(submission.gamma.log_partition_gradient(eta + k * h), (2,), "log_partition_gradient")
            for k in (1, -1, 2, -2)
        )
        columns.append((8 * (up - down) - (far_up - far_down)) / (12 * reach[i]))
    spread = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    oracle = "Cov[T], by quadrature"
    agrees(np.stack(columns, axis=1), covariance, "the Hessian of A", oracle=oracle, atol=1e-6 * spread)


@pytest.mark.question("2.2.17")
@given(theta=THETA, law=THETA, size=SIZES, seed=seeds())
def test_loss_is_the_mean_of_minus_the_log_density(
    submission: Submission, theta: Theta, law: Theta, size: int, seed: int
) -> None:
    """negative_log_likelihood = -1/N sum_n log p(x_n | alpha, beta), in shape and scale.

    Rung: pathwise, on the same data.
    """
    x = points((min(law[0], 2 * theta[0] + 1), theta[1] * 1.3), size, seed)
    found = number(
        submission.gamma.negative_log_likelihood(x, *theta, parameterization=SCALE), "negative_log_likelihood"
    )
    alpha, beta = theta
    expected = -float(densities.gamma_log_density(tensor(x), tensor(theta)).mean())
    mistakes = {
        "beta is used as a rate here; 2.2.14 to 2.2.16 and the assignment use a scale": lambda: (
            -float(densities.gamma_log_density(tensor(x), tensor((alpha, 1 / beta))).mean())
        ),
        "the sign is that of the log likelihood": lambda: -expected,
        "the sum was taken, where the average is asked for": lambda: expected * size,
        "alpha log beta has the wrong sign for a scale": lambda: expected - 2 * alpha * np.log(beta),
        "log x lacks its factor: it is (alpha - 1) log x": lambda: expected - float(np.log(x).mean()),
    }
    agrees(
        found,
        expected,
        "negative_log_likelihood",
        oracle="the mean of torch's -log density",
        mistakes=mistakes,
        atol=1e-9 * terms(x, theta).mean(),
    )


@pytest.mark.question("2.2.17")
@given(theta=THETA, law=THETA, size=SIZES, seed=seeds())
def test_loss_gradient_is_its_derivative(
    submission: Submission, theta: Theta, law: Theta, size: int, seed: int
) -> None:
    """negative_log_likelihood_gradient is the gradient of the average -log p in (alpha, beta), uphill.

    Rung: pathwise, on the same data.
    """
    x = points((min(law[0], 2 * theta[0] + 1), theta[1] * 1.3), size, seed)
    returned = submission.gamma.negative_log_likelihood_gradient(x, *theta, parameterization=SCALE)
    found = array(returned, (2,), "negative_log_likelihood_gradient")

    def gradient(at: Theta) -> np.ndarray:
        return -densities.gamma_score(x, at).mean(axis=0)

    alpha, beta = theta
    expected = gradient(theta)
    in_rate = gradient((alpha, 1 / beta)) * [1, -(beta**-2)]  # d scale / d rate at rate beta
    mistakes = {
        "beta is used as a rate here; 2.2.14 to 2.2.16 and the assignment use a scale": lambda: in_rate,
        "it points downhill: the gradient of the log likelihood": lambda: -expected,
        "the sum was taken, where the average is asked for": lambda: expected * size,
    }
    logs = 1 + abs(np.log(beta)) + np.abs(np.log(x)).mean() + abs(np.log(alpha)) + 1 / alpha
    slack = 1e-9 * np.array([logs, alpha / beta + x.mean() / beta**2])
    oracle = "automatic differentiation of torch's log density"
    agrees(found, expected, "the gradient", oracle=oracle, mistakes=mistakes, atol=slack)


@pytest.mark.question("2.2.17")
@given(theta=st.tuples(log_uniform(0.5, 50), log_uniform(0.05, 20)))
def test_loss_and_fisher_share_a_convention(submission: Submission, theta: Theta) -> None:
    """On data whose optimum is theta, the curvature of the loss is the Fisher matrix of 2.2.16.

    Rung: exact expectation, by quadrature: the Fisher matrix is a mean over data, here data whose averages are those of
    the law itself.
    """
    fisher = array(submission.gamma.fisher_information(*theta, parameterization=SCALE), (2, 2), "fisher_information")
    x = data_with_optimum(theta)
    columns = []
    for i in range(2):
        h = np.where(np.arange(2) == i, theta, 0.0) * 1e-3
        up, down, far_up, far_down = (
            array(
                submission.gamma.negative_log_likelihood_gradient(x, *(theta + k * h), parameterization=SCALE),
                (2,),
                "negative_log_likelihood_gradient",
            )
            for k in (1, -1, 2, -2)
        )
        columns.append((8 * (up - down) - (far_up - far_down)) / (12 * h[i]))
    slack = 1e-6 * np.sqrt(np.outer(np.diag(fisher), np.diag(fisher)))
    mistake = {
        "the loss takes beta as a rate, the Fisher matrix as a scale, or the reverse": lambda: (
            fisher * [[1, -1], [-1, 1]]
        )
    }
    agrees(
        np.stack(columns, axis=1),
        fisher,
        "the curvature of the loss at its optimum",
        oracle="your fisher_information, in the same shape and scale",
        mistakes=mistake,
        atol=slack,
    )
