"""Question 1.2.4: the log densities of the Normal–Gamma model, and the score of q.

Every oracle is the density itself, as torch.distributions states it, or its derivative by automatic
differentiation. Parameters are drawn away from special values, over all the ranges of the contract.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

from grading.submission import Submission
from grading.verdict.claims import array
from tests import densities
from tests.densities import tensor
from tests.quadrature import normal_gamma_nodes
from tests.recognition import Mistakes, agrees
from tests.strategies import LOCATIONS, RATES, SHAPES, log_uniform, seeds

TORCH = "the log density of torch.distributions, all constants kept"
QUADRUPLES = st.tuples(LOCATIONS, RATES, SHAPES, RATES)
"""(mu_0, lambda_0, a_0, b_0) or (mu_N, lambda_N, a_N, b_N)."""
DRAWS = st.integers(1, 4)
LOG_2PI = math.log(2 * math.pi)


def draws(q: tuple[float, ...], n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n pairs (mu, tau) from q, tau away from the smallest numbers there are."""
    rng = np.random.default_rng(seed)
    return rng.normal(q[0], q[1] ** -0.5, n), np.maximum(rng.gamma(q[2], 1 / q[3], n), 1e-200)


def gamma_terms(tau: np.ndarray, a: float, b: float) -> np.ndarray:
    """The size of what cancels in a Gamma's log density: rounding is relative to this."""
    return 1 + a * abs(math.log(b)) + abs(gammaln(a)) + abs(a - 1) * np.abs(np.log(tau)) + b * tau


@pytest.mark.question("1.2.4")
@given(q=QUADRUPLES, n=DRAWS, size=st.integers(1, 30), seed=seeds())
def test_log_likelihood_is_the_log_density(
    submission: Submission, q: tuple[float, ...], n: int, size: int, seed: int
) -> None:
    """log p(x | mu, tau) = sum_n log N(x_n; mu, 1/tau), for each draw.

    Rung: pathwise, draw by draw.
    """
    mu, tau = draws(q, n, seed)
    x = np.random.default_rng([seed, 1]).normal(mu.mean() + 1, 2 * tau.mean() ** -0.5, size)
    found = array(submission.normal_gamma.log_likelihood(x, mu, tau), (n,), "log_likelihood")
    expected = densities.log_likelihood(tensor(x), tensor(mu), tensor(tau)).numpy()
    mistakes: Mistakes = {
        "the constant -N/2 log(2 pi) is missing": lambda: expected + size / 2 * LOG_2PI,
        "tau is used as a variance; it is a precision": lambda: densities.log_likelihood(
            tensor(x), tensor(mu), 1 / tensor(tau)
        ),
        "the mean over the data was taken, where the log likelihood is the sum": lambda: expected / size,
    }
    agrees(found, expected, "log_likelihood", oracle=TORCH, mistakes=mistakes, atol=1e-9 * size)


@pytest.mark.question("1.2.4")
@given(
    size=st.sampled_from([1, 1000, 100_000]),
    offset=st.sampled_from([0.0, 1e6, -1e6]),
    tau=log_uniform(0.1, 10),
    seed=seeds(),
)
def test_log_likelihood_stays_accurate(submission: Submission, size: int, offset: float, tau: float, seed: int) -> None:
    """The same for up to 100,000 points, and for points around a million.

    Rung: pathwise, draw by draw.
    """
    x = np.random.default_rng(seed).normal(offset, tau**-0.5, size)
    mu = np.array([offset + 0.3 * tau**-0.5])
    found = array(submission.normal_gamma.log_likelihood(x, mu, np.array([tau])), (1,), "log_likelihood")
    expected = densities.log_likelihood(tensor(x), tensor(mu), tensor([tau])).numpy()
    agrees(found, expected, "log_likelihood", oracle=TORCH, atol=1e-9 * size)


@pytest.mark.question("1.2.4")
@given(prior=QUADRUPLES, q=QUADRUPLES, n=DRAWS, seed=seeds())
def test_log_prior_is_the_log_density(
    submission: Submission, prior: tuple[float, ...], q: tuple[float, ...], n: int, seed: int
) -> None:
    """log p(mu, tau) = log N(mu; mu_0, 1/(lambda_0 tau)) + log Gamma(tau; a_0, rate b_0), for each draw.

    Rung: pathwise, draw by draw.
    """
    mu, tau = draws(q, n, seed)
    found = array(submission.normal_gamma.log_prior(mu, tau, prior), (n,), "log_prior")

    def oracle(mu_0: float, lambda_0: float, a_0: float, b_0: float) -> np.ndarray:
        return densities.log_prior(tensor(mu), tensor(tau), (mu_0, lambda_0, a_0, b_0)).numpy()

    mu_0, lambda_0, a_0, b_0 = prior
    expected = oracle(*prior)
    mistakes = {
        "the factor sqrt(tau) of p(mu | tau) is missing": lambda: expected - np.log(tau) / 2,
        "mu is taken as independent of tau": lambda: densities.log_q(tensor(mu), tensor(tau), tensor(prior)),
        "b_0 is used as a scale; it is a rate": lambda: oracle(mu_0, lambda_0, a_0, 1 / b_0),
        "lambda_0 is used as a variance factor; it is a precision factor": lambda: oracle(mu_0, 1 / lambda_0, a_0, b_0),
        "the constant -1/2 log(2 pi) is missing": lambda: expected + LOG_2PI / 2,
    }
    rounding = 1e-9 * gamma_terms(tau, a_0, b_0)
    agrees(found, expected, "log_prior", oracle=TORCH, mistakes=mistakes, atol=rounding)


@pytest.mark.question("1.2.4")
@given(q=QUADRUPLES, n=DRAWS, seed=seeds())
def test_log_q_is_the_log_density(submission: Submission, q: tuple[float, ...], n: int, seed: int) -> None:
    """log q(mu, tau) = log N(mu; mu_N, 1/lambda_N) + log Gamma(tau; a_N, rate b_N), for each draw.

    Rung: pathwise, draw by draw.
    """
    mu, tau = draws(q, n, seed)
    found = array(submission.normal_gamma.log_q(mu, tau, q), (n,), "log_q")

    def oracle(mu_N: float, lambda_N: float, a_N: float, b_N: float) -> np.ndarray:
        return densities.log_q(tensor(mu), tensor(tau), tensor((mu_N, lambda_N, a_N, b_N))).numpy()

    mu_N, lambda_N, a_N, b_N = q
    expected = oracle(*q)
    mistakes: Mistakes = {
        "b_N is used as a scale; it is a rate": lambda: oracle(mu_N, lambda_N, a_N, 1 / b_N),
        "lambda_N is used as a variance; it is a precision": lambda: oracle(mu_N, 1 / lambda_N, a_N, b_N),
        "lambda_N is multiplied by tau, as in the prior; in q, mu and tau are independent": lambda: densities.log_prior(
            tensor(mu), tensor(tau), q
        ),
        "the constant -1/2 log(2 pi) is missing": lambda: expected + LOG_2PI / 2,
    }
    agrees(found, expected, "log_q", oracle=TORCH, mistakes=mistakes, atol=1e-9 * gamma_terms(tau, a_N, b_N))


@pytest.mark.question("1.2.4")
@given(q=QUADRUPLES, n=DRAWS, seed=seeds())
def test_score_is_the_gradient_of_log_q(submission: Submission, q: tuple[float, ...], n: int, seed: int) -> None:
    """Row s is the gradient of log q(mu_s, tau_s) in (mu_N, lambda_N, a_N, b_N).

    Rung: pathwise, draw by draw.
    """
    mu, tau = draws(q, n, seed)
    found = array(submission.normal_gamma.score(mu, tau, q), (n, 4), "score")
    expected = densities.score(mu, tau, q)
    flips = {
        f"the component of {name} has the opposite sign": lambda i=i: np.where(np.arange(4) == i, -expected, expected)
        for i, name in enumerate(("mu_N", "lambda_N", "a_N", "b_N"))
    }
    swapped = np.where(np.arange(4) == 2, 2 * np.log(tau)[:, None] - expected, expected)
    mistakes = flips | {
        "psi(a_N) and log b_N have the opposite signs": lambda: swapped,
        "it is the gradient of -log q: every sign is opposite": lambda: -expected,
        "lambda_N is used as a variance; it is a precision": lambda: densities.score(mu, tau, (q[0], 1 / q[1], *q[2:])),
        "b_N is used as a scale; it is a rate": lambda: densities.score(mu, tau, (*q[:3], 1 / q[3])),
    }
    scale = [q[1] * np.abs(mu - q[0]), 1 / q[1] + (mu - q[0]) ** 2, 1 + np.abs(np.log(tau)), q[2] / q[3] + tau]
    oracle = "automatic differentiation of torch's log density"
    agrees(found, expected, "score", oracle=oracle, mistakes=mistakes, atol=1e-9 * np.stack(scale, axis=1))


@pytest.mark.question("1.2.4")
@given(q=st.tuples(LOCATIONS, RATES, log_uniform(0.3, 50), RATES))
def test_score_has_mean_zero(submission: Submission, q: tuple[float, ...]) -> None:
    """E_q[grad log q] = 0.

    Rung: exact expectation, by quadrature: only the mean of the score is zero, no draw of it is.
    """
    mu, tau, weight = normal_gamma_nodes(q)
    rows = array(submission.normal_gamma.score(mu, tau, q), (len(mu), 4), "score")
    spread = weight @ np.abs(densities.score(mu, tau, q))
    agrees(weight @ rows, np.zeros(4), "E_q[score]", oracle="its mean is zero, by quadrature", atol=1e-6 * spread)
