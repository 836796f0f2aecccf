"""What is known exactly about the Normal–Gamma model: posterior, evidence and the mean-field optimum.

The prior is conjugate, so the posterior is again Normal–Gamma: with x̄ and S the mean and scatter of x,

    lambda_n = lambda_0 + N                 mu_n = (lambda_0 mu_0 + N x̄) / lambda_n
    a_n = a_0 + N/2                         b_n = b_0 + S/2 + lambda_0 N (x̄ - mu_0)^2 / (2 lambda_n)

(Bernardo & Smith, Bayesian Theory, appendix A; Murphy 2007, section 3). In the posterior mu depends on tau;
in the mean field it does not. Coordinate ascent (PRML 10.1.3) has a fixed point in closed form:
E[tau] is exact there, a_N is a_n + 1/2 (the half comes from the factor sqrt(tau) in p(mu | tau)).
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from scipy.special import gammaln

from implementations.normal_gamma import LOG_2PI, Parameters, statistics

Quadruple = tuple[float, float, float, float]


def exact_posterior(x: Float[np.ndarray, " N"], prior: Parameters) -> Quadruple:
    """(mu_n, lambda_n, a_n, b_n) of p(mu, tau | x): mu | tau ~ N(mu_n, 1/(lambda_n tau)), tau ~ Gamma(a_n, b_n)."""
    mu_0, lambda_0, a_0, b_0 = prior
    data = statistics(x)
    lambda_n = lambda_0 + data.size
    mu_n = mu_0 - data.size / lambda_n * data.distance(mu_0)
    scatter = data.scatter + lambda_0 * data.size / lambda_n * data.distance(mu_0) ** 2
    return float(mu_n), float(lambda_n), a_0 + data.size / 2, float(b_0 + scatter / 2)


def log_evidence(x: Float[np.ndarray, " N"], prior: Parameters) -> float:
    """log p(x) in nats: the ratio of the normalisers of prior and posterior, less N/2 log 2 pi."""
    _, lambda_0, a_0, b_0 = prior
    _, lambda_n, a_n, b_n = exact_posterior(x, prior)
    count = np.size(x)
    gammas = gammaln(a_n) - gammaln(a_0) + a_0 * np.log(b_0) - a_n * np.log(b_n)
    return float(gammas + 0.5 * np.log(lambda_0 / lambda_n) - 0.5 * count * LOG_2PI)


def cavi(x: Float[np.ndarray, " N"], prior: Parameters, tau: float = 1.0) -> Iterator[Quadruple]:
    """The sweeps (mu_N, lambda_N, a_N, b_N) of coordinate ascent from a guess of E[tau] (PRML 10.26–10.30)."""
    mu_0, lambda_0, a_0, b_0 = prior
    data = statistics(x)
    mu_N, pseudo_count, _, _ = exact_posterior(x, prior)
    a_N = a_0 + (data.size + 1) / 2
    squares = data.scatter + data.size * data.distance(mu_N) ** 2 + lambda_0 * (mu_N - mu_0) ** 2
    while True:
        lambda_N = pseudo_count * tau
        b_N = b_0 + 0.5 * (squares + pseudo_count / lambda_N)
        tau = a_N / b_N
        yield mu_N, float(lambda_N), a_N, float(b_N)


def cavi_optimum(x: Float[np.ndarray, " N"], prior: Parameters) -> Quadruple:
    """The fixed point of `cavi`, the maximiser of the ELBO: E[tau] equals its exact posterior mean."""
    mu_n, lambda_n, a_n, b_n = exact_posterior(x, prior)
    return mu_n, lambda_n * a_n / b_n, a_n + 0.5, b_n * (1 + 0.5 / a_n)
