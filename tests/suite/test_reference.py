"""The exact results of the reference agree with quadrature and 50-digit arithmetic.

The conjugate posterior, the evidence, coordinate ascent and the closed-form bound are what experiments are judged
by; here they are measured against the definitions, with no formula in common.
"""

from itertools import islice, product

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from implementations import bbvi, conjugate, gamma, normal_gamma

PRIOR = (0.7, 0.3, 1.8, 2.4)
"""Away from every special value."""


@pytest.fixture
def x() -> np.ndarray:
    """Seven points near 1.3."""
    return np.random.default_rng(7).normal(1.3, 0.8, 7)


def log_joint(x: np.ndarray, mu: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """log p(x, mu, tau) by the library's densities, on a grid."""
    mu_0, lambda_0, a_0, b_0 = PRIOR
    likelihood = stats.norm.logpdf(x, mu[..., None], tau[..., None] ** -0.5).sum(axis=-1)
    prior_mu = stats.norm.logpdf(mu, mu_0, (lambda_0 * tau) ** -0.5)
    return likelihood + prior_mu + stats.gamma.logpdf(tau, a_0, scale=1 / b_0)


def grid(a: float, b: float, mu: float, sd: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes (mu, tau) and weights of the trapezoidal rule in mu and log tau, exact to rounding for smooth tails."""
    log_tau = np.linspace(-36, 4, 800) + np.log(a / b)
    mus = np.linspace(mu - 14 * sd, mu + 14 * sd, 300)
    m, t = np.meshgrid(mus, np.exp(log_tau), indexing="ij")
    return m, t, t * (mus[1] - mus[0]) * (log_tau[1] - log_tau[0])


def test_evidence_is_the_integral_of_the_joint(x: np.ndarray) -> None:
    """log p(x) = log ∫∫ p(x, mu, tau) dmu dtau."""
    mu, tau, weight = grid(5.3, 4.0, 1.2, 0.7)
    assert conjugate.log_evidence(x, PRIOR) == pytest.approx(
        np.log((weight * np.exp(log_joint(x, mu, tau))).sum()), abs=1e-9
    )


def test_posterior_is_proportional_to_the_joint(x: np.ndarray) -> None:
    """log p(x, mu, tau) - log p(mu, tau | x) is the log evidence at every point."""
    rng = np.random.default_rng(1)
    mu, tau = rng.normal(1, 1, 50), rng.gamma(2, 1, 50)
    gap = log_joint(x, mu, tau) - normal_gamma.log_prior(mu, tau, conjugate.exact_posterior(x, PRIOR))
    np.testing.assert_allclose(gap, conjugate.log_evidence(x, PRIOR), rtol=1e-12)


@pytest.mark.parametrize("q", [(1.1, 3.0, 2.6, 1.9), (-0.4, 0.7, 0.9, 3.1), (1.3, 12.0, 6.0, 3.0)])
def test_elbo_is_its_definition(x: np.ndarray, q: tuple[float, float, float, float]) -> None:
    """E_q[log p(x, mu, tau) - log q(mu, tau)] by quadrature."""
    mu_N, lambda_N, a_N, b_N = q
    mu, tau, weight = grid(a_N, b_N, mu_N, lambda_N**-0.5)
    log_density = stats.norm.logpdf(mu, mu_N, lambda_N**-0.5) + stats.gamma.logpdf(tau, a_N, scale=1 / b_N)
    integrand = np.exp(log_density) * (log_joint(x, mu, tau) - log_density)
    assert normal_gamma.elbo(x, PRIOR, q) == pytest.approx((weight * integrand).sum(), rel=1e-9)


def test_coordinate_ascent_reaches_the_closed_form_optimum(x: np.ndarray) -> None:
    """Sixty sweeps land on the fixed point, where the bound is stationary and below the evidence."""
    optimum = conjugate.cavi_optimum(x, PRIOR)
    np.testing.assert_allclose(next(islice(conjugate.cavi(x, PRIOR), 60, None)), optimum, rtol=1e-13)
    best = normal_gamma.elbo(x, PRIOR, optimum)
    for i in range(4):
        nearby = np.array([optimum, optimum])
        nearby[:, i] *= 1 + 1e-3, 1 - 1e-3
        assert all(normal_gamma.elbo(x, PRIOR, q) < best for q in nearby)
    assert best < conjugate.log_evidence(x, PRIOR)


def test_mean_of_tau_is_exact_at_the_optimum(x: np.ndarray) -> None:
    """E_q[tau] equals the posterior mean of tau, and a_N is half a point above the posterior's."""
    _, _, a_N, b_N = conjugate.cavi_optimum(x, PRIOR)
    _, _, a_n, b_n = conjugate.exact_posterior(x, PRIOR)
    assert a_N / b_N == pytest.approx(a_n / b_n, rel=1e-13)
    assert a_N == a_n + 0.5


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_large_offsets_cost_no_accuracy(x: np.ndarray, offset: float) -> None:
    """Data near 1e6 against 50 digits: likelihood to 1e-13."""
    shifted, mu, tau = x + offset, 1.2 + offset, 1.7
    with mp.workdps(50):
        squares = sum((mp.mpf(float(x_n)) - mp.mpf(mu)) ** 2 for x_n in shifted)
        exact = len(x) * mp.log(mp.mpf(tau) / (2 * mp.pi)) / 2 - mp.mpf(tau) / 2 * squares
    found = normal_gamma.log_likelihood(shifted, np.array([mu]), np.array([tau]))[0]
    assert found == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize("alpha", [0.05, 0.9, 3.3, 1e4])
@pytest.mark.parametrize("beta", [1e-3, 1.7, 1e3])
@pytest.mark.parametrize("parameterization", ["scale", "rate"])
def test_gamma_to_fifty_digits(alpha: float, beta: float, parameterization: gamma.Parameterization) -> None:
    """Loss, its gradient and the Fisher matrix agree with derivatives of the density in 50 digits."""
    scale = beta if parameterization == "scale" else 1 / beta
    x = alpha * scale * np.array([0.31, 0.9, 1.4])

    def loss(a: mp.mpf, b: mp.mpf) -> mp.mpf:
        rate = 1 / b if parameterization == "scale" else b
        terms = [a * mp.log(rate) - mp.loggamma(a) + (a - 1) * mp.log(v) - rate * v for v in map(mp.mpf, map(float, x))]
        return -mp.fsum(terms) / len(terms)

    def expected_loss(a: mp.mpf, b: mp.mpf) -> mp.mpf:
        """-E log p(x | a, b) under the true parameters, whose Hessian there is the Fisher matrix."""
        rate, true_rate = (1 / b, 1 / mp.mpf(beta)) if parameterization == "scale" else (b, mp.mpf(beta))
        mean_log = mp.digamma(mp.mpf(alpha)) - mp.log(true_rate)
        return -(a * mp.log(rate) - mp.loggamma(a) + (a - 1) * mean_log - rate * mp.mpf(alpha) / true_rate)

    with mp.workdps(50):
        at = (mp.mpf(alpha), mp.mpf(beta))
        value = float(loss(*at))
        slope = [float(mp.diff(loss, at, n)) for n in ((1, 0), (0, 1))]
        fisher = [[float(mp.diff(expected_loss, at, n)) for n in row] for row in (((2, 0), (1, 1)), ((1, 1), (0, 2)))]
    found = gamma.negative_log_likelihood_gradient(x, alpha, beta, parameterization)
    assert gamma.negative_log_likelihood(x, alpha, beta, parameterization) == pytest.approx(value, rel=1e-9, abs=1e-9)
    np.testing.assert_allclose(found, slope, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(gamma.fisher_information(alpha, beta, parameterization), fisher, rtol=1e-12)
    step = gamma.natural_gradient(found, alpha, beta, parameterization)
    np.testing.assert_allclose(gamma.fisher_information(alpha, beta, parameterization) @ step, found, rtol=1e-6)


def test_unknown_parameterization_is_named() -> None:
    """Neither scale nor rate: the message says what there is."""
    with pytest.raises(ValueError, match='"scale" or "rate"'):
        gamma.fisher_information(1.0, 1.0, "shape")  # type: ignore[arg-type]


def test_left_out_scaling_is_the_estimate_from_the_other_rows() -> None:
    """Row s of `control_variate` uses the ratio of sums over the rows without s, with E[h] = 0 put in."""
    rng = np.random.default_rng(3)
    h = rng.normal(size=(9, 2))
    f = h @ rng.normal(size=(2, 2)) + rng.normal(size=(9, 2))
    rows = bbvi.control_variate(f, h)
    for s in range(9):
        others = np.arange(9) != s
        scaling = (f[others] * h[others]).sum() / (h[others] ** 2).sum()
        np.testing.assert_allclose(rows[s], f[s] - scaling * h[s], rtol=1e-10)


def test_control_variates_keep_the_mean_at_every_sample_size() -> None:
    """Over all 4^3 samples of size 3 from a finite law with E[h] = 0, the mean of the rows is E[f] exactly."""
    h = np.array([[-1.0, 0.5], [2.0, 1.0], [-1.5, -2.0], [0.5, 0.5]])
    f = h**3 + np.array([0.3, -0.2])
    means = [bbvi.control_variate(f[list(s)], h[list(s)]).mean(axis=0) for s in product(range(4), repeat=3)]
    np.testing.assert_allclose(np.mean(means, axis=0), f.mean(axis=0), rtol=1e-12)


def test_a_single_row_is_returned_unchanged() -> None:
    """There is no other row to estimate a scaling from."""
    f = np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(bbvi.control_variate(f, f), f)


def test_score_has_mean_zero() -> None:
    """∫∫ q grad log q = 0 by quadrature."""
    q = (0.4, 2.2, 1.9, 0.8)
    mu, tau, weight = grid(q[2], q[3], q[0], q[1] ** -0.5)
    density = stats.norm.pdf(mu, q[0], q[1] ** -0.5) * stats.gamma.pdf(tau, q[2], scale=1 / q[3])
    rows = normal_gamma.score(mu.ravel(), tau.ravel(), q)
    np.testing.assert_allclose((weight * density).ravel() @ rows, 0, atol=1e-9)
