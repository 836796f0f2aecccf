"""The Normal–Gamma model and its mean-field approximation (Bishop, PRML, section 10.1.3).

Model, with mu given tau and tau a priori as in the conjugate prior; Gamma is shape–rate throughout:

    x_n ~ N(mu, 1/tau)        mu | tau ~ N(mu_0, 1/(lambda_0 tau))        tau ~ Gamma(a_0, b_0)

Mean field: q(mu, tau) = N(mu; mu_N, 1/lambda_N) Gamma(tau; a_N, b_N). Note that lambda_N is a precision,
while lambda_0 counts pseudo-observations: it is multiplied by tau.

`prior` is (mu_0, lambda_0, a_0, b_0) and `q` is (mu_N, lambda_N, a_N, b_N). All logs are natural (nats).
The data enter through centred sufficient statistics, so that x around 1e6 costs no accuracy.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, gammaln

Parameters = Sequence[float] | Float[np.ndarray, "4"]

LOG_2PI = math.log(2 * math.pi)


class Statistics(NamedTuple):
    """What the likelihood needs of x: the number of points, the mean in two parts and the scatter around it.

    mean = centre + offset, where the offset is the rounding error of the centre; keeping the two apart
    makes mu - mean exact to the last digit even when x is far from zero.
    """

    size: int
    centre: float
    offset: float
    scatter: float

    def distance(self, mu: Any) -> Any:
        """mu - mean(x), for one mu or many."""
        return mu - self.centre - self.offset


def statistics(x: Float[np.ndarray, " N"]) -> Statistics:
    """Number, mean and scatter sum_n (x_n - mean)^2 of the data, in two passes."""
    x = np.asarray(x, dtype=float)
    centre = float(x.mean())
    residual = x - centre
    offset = float(residual.mean())
    return Statistics(x.size, centre, offset, float(np.square(residual - offset).sum()))


def log_likelihood(
    x: Float[np.ndarray, " N"], mu: Float[np.ndarray, " S"], tau: Float[np.ndarray, " S"]
) -> Float[np.ndarray, " S"]:
    """log p(x | mu, tau) = N/2 log(tau / 2 pi) - tau/2 sum_n (x_n - mu)^2 for each of the S draws."""
    return log_likelihood_of(statistics(x), mu, tau)


def log_likelihood_of(
    data: Statistics, mu: Float[np.ndarray, " S"], tau: Float[np.ndarray, " S"]
) -> Float[np.ndarray, " S"]:
    """`log_likelihood` from the sufficient statistics, at a cost that does not depend on N."""
    squares = data.scatter + data.size * data.distance(mu) ** 2
    return 0.5 * (data.size * (np.log(tau) - LOG_2PI) - tau * squares)


def log_prior(mu: Float[np.ndarray, " S"], tau: Float[np.ndarray, " S"], prior: Parameters) -> Float[np.ndarray, " S"]:
    """log p(mu, tau) = log N(mu; mu_0, 1/(lambda_0 tau)) + log Gamma(tau; a_0, b_0) for each draw."""
    mu_0, lambda_0, a_0, b_0 = prior
    log_tau = np.log(tau)
    normal = 0.5 * (math.log(lambda_0) - LOG_2PI + log_tau - lambda_0 * tau * (mu - mu_0) ** 2)
    return normal + (a_0 * math.log(b_0) - gammaln(a_0)) + (a_0 - 1) * log_tau - b_0 * tau


def log_q(mu: Float[np.ndarray, " S"], tau: Float[np.ndarray, " S"], q: Parameters) -> Float[np.ndarray, " S"]:
    """log q(mu, tau) = log N(mu; mu_N, 1/lambda_N) + log Gamma(tau; a_N, b_N) for each draw."""
    mu_N, lambda_N, a_N, b_N = q
    normal = 0.5 * (math.log(lambda_N) - LOG_2PI - lambda_N * (mu - mu_N) ** 2)
    return normal + (a_N * math.log(b_N) - gammaln(a_N)) + (a_N - 1) * np.log(tau) - b_N * tau


def score(mu: Float[np.ndarray, " S"], tau: Float[np.ndarray, " S"], q: Parameters) -> Float[np.ndarray, "S 4"]:
    """The gradient of log q in (mu_N, lambda_N, a_N, b_N) at each draw.

    (lambda_N (mu - mu_N),  (1/lambda_N - (mu - mu_N)^2) / 2,  log(b_N tau) - psi(a_N),  a_N/b_N - tau)
    """
    mu_N, lambda_N, a_N, b_N = q
    rows = np.empty((np.size(mu), 4))
    distance = mu - mu_N
    rows[:, 0] = lambda_N * distance
    rows[:, 1] = 0.5 * (1 / lambda_N - distance**2)
    rows[:, 2] = np.log(tau) + (math.log(b_N) - digamma(a_N))
    rows[:, 3] = a_N / b_N - tau
    return rows


def sample_q(
    q: Parameters, n: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """n independent draws (mu, tau) from q; tau below the smallest float, which tiny shapes reach, is that float."""
    mu_N, lambda_N, a_N, b_N = q
    return rng.normal(mu_N, lambda_N**-0.5, n), np.maximum(rng.gamma(a_N, 1 / b_N, n), np.finfo(float).tiny)


def elbo(x: Float[np.ndarray, " N"], prior: Parameters, q: Parameters) -> float:
    """E_q[log p(x, mu, tau) - log q(mu, tau)] in closed form, all constants kept (PRML exercise 10.9).

    Uses E[(mu - c)^2] = (mu_N - c)^2 + 1/lambda_N, E[tau] = a_N/b_N, E[log tau] = psi(a_N) - log b_N.
    """
    mu_0, lambda_0, a_0, b_0 = prior
    mu_N, lambda_N, a_N, b_N = q
    data = statistics(x)
    mean_tau, mean_log_tau = a_N / b_N, digamma(a_N) - np.log(b_N)
    squares = data.scatter + data.size * (data.distance(mu_N) ** 2 + 1 / lambda_N)
    likelihood = 0.5 * (data.size * (mean_log_tau - LOG_2PI) - mean_tau * squares)
    prior_square = (mu_N - mu_0) ** 2 + 1 / lambda_N
    prior_mu = 0.5 * (np.log(lambda_0) - LOG_2PI + mean_log_tau - lambda_0 * mean_tau * prior_square)
    prior_tau = a_0 * np.log(b_0) - gammaln(a_0) + (a_0 - 1) * mean_log_tau - b_0 * mean_tau
    entropy_mu = 0.5 * (1 + LOG_2PI - np.log(lambda_N))
    entropy_tau = a_N - np.log(b_N) + gammaln(a_N) + (1 - a_N) * digamma(a_N)
    return float(likelihood + prior_mu + prior_tau + entropy_mu + entropy_tau)
