"""Black box variational inference for the Normal–Gamma model (Ranganath, Gerrish & Blei, AISTATS 2014).

The gradient of the bound is an expectation that needs no derivative of the model (eq. 2):

    grad ELBO = E_q[ grad log q(mu, tau) (log p(x, mu, tau) - log q(mu, tau)) ]

`gradient_draws` gives the term under the expectation, one row a draw. `control_variate` subtracts the scaled
score, whose mean is zero (eq. 7). `fit` is Algorithm 1, or Algorithm 2 without Rao-Blackwellization.
"""

import math

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from implementations.normal_gamma import (
    Parameters,
    Statistics,
    log_likelihood_of,
    log_prior,
    log_q,
    sample_q,
    score,
    statistics,
)


def gradient_draws(
    x: Float[np.ndarray, " N"],
    prior: Parameters,
    q: Parameters,
    mu: Float[np.ndarray, " S"],
    tau: Float[np.ndarray, " S"],
) -> Float[np.ndarray, "S 4"]:
    """Eq. 2 at each draw (mu, tau) from q: rows whose mean is the gradient of the ELBO in q, uphill."""
    rows = score(mu, tau, q)
    return rows * _log_ratio(statistics(x), prior, q, mu, tau)[:, None]


def control_variate(f: Float[np.ndarray, "S ... d"], h: Float[np.ndarray, "S ... d"]) -> Float[np.ndarray, "S ... d"]:
    """Rows f - a h, for the d parameters of one factor of q, with h of mean zero (eqs. 7, 9 and 10).

    The scaling that minimises the variance is a = sum_d Cov(f_d, h_d) / sum_d Var(h_d), one number for the
    whole factor, where E[h] = 0 leaves sum_d E[f_d h_d] / sum_d E[h_d^2]. Estimated on the very rows it
    corrects, as published, it biases their mean by O(1/S); here each row gets the estimate from the other
    S - 1 rows, which leaves the mean exact at every S. A single row has no others and is returned as it came.
    Axes between S and d hold several factors.
    """
    products = np.einsum("s...d,s...d->s...", f, h)
    squares = np.einsum("s...d,s...d->s...", h, h)
    covariance = products.sum(axis=0) - products
    variance = squares.sum(axis=0) - squares
    scaling = np.divide(covariance, variance, out=np.zeros_like(variance), where=variance > 0)
    return f - scaling[..., None] * h


def fit(
    x: Float[np.ndarray, " N"],
    prior: Parameters,
    q: Parameters,
    n_steps: int,
    n_samples: int,
    step_size: ArrayLike,
    rng: np.random.Generator,
    control_variates: bool = False,
) -> Float[np.ndarray, "T 4"]:
    """Stochastic ascent on the ELBO from q; the trajectory of n_steps + 1 parameters, the start included.

    Each step averages n_samples rows and moves by step_size (a number, or rho_t for t = 1..n_steps) along
    the gradient in free parameters: mu_N itself, and for lambda_N, a_N and b_N the inverse of softplus, as
    in the paper's supplement. It keeps them positive, acts as a logarithm near zero and leaves large values
    alone, where logarithmic steps would amplify the noise without control variates until it diverges.
    """
    data, rho = statistics(x), np.broadcast_to(np.asarray(step_size, dtype=float), n_steps)
    trajectory = np.empty((n_steps + 1, 4))
    trajectory[0] = q
    for t in range(n_steps):
        current = trajectory[t].tolist()
        mu, tau = sample_q(current, n_samples, rng)
        h = score(mu, tau, current)
        f = h * _log_ratio(data, prior, current, mu, tau)[:, None]
        if control_variates:
            f = control_variate(_by_factor(f), _by_factor(h)).reshape(n_samples, 4)
        trajectory[t + 1] = _ascend(current, (rho[t] / n_samples * f.sum(axis=0)).tolist())
    return trajectory


def _log_ratio(
    data: Statistics, prior: Parameters, q: Parameters, mu: Float[np.ndarray, " S"], tau: Float[np.ndarray, " S"]
) -> Float[np.ndarray, " S"]:
    """log p(x, mu, tau) - log q(mu, tau): how much more the model likes each draw than q does."""
    return log_likelihood_of(data, mu, tau) + log_prior(mu, tau, prior) - log_q(mu, tau, q)


def _by_factor(rows: Float[np.ndarray, "S 4"]) -> Float[np.ndarray, "S 2 2"]:
    """The rows of each factor of q: q(mu) owns the first two parameters, q(tau) the last two."""
    return rows.reshape(-1, 2, 2)


def _ascend(q: list[float], step: list[float]) -> list[float]:
    """q after a step along the gradient in (mu_N, theta), where (lambda_N, a_N, b_N) = log(1 + exp(theta)).

    One step moves mu_N by no more than three standard deviations of q and the others by no more than a factor
    of e: the bound on a leap that the noise of a poor start would otherwise make, never to return.
    """
    mu_N, lambda_N, a_N, b_N = q
    reach = 3 / math.sqrt(lambda_N)
    move, *moves = step
    positive = zip((lambda_N, a_N, b_N), moves, strict=True)
    return [mu_N + min(max(move, -reach), reach), *(_ascend_positive(value, each) for value, each in positive)]


def _ascend_positive(value: float, step: float) -> float:
    """softplus(theta + slope step) for value = softplus(theta), within a factor of e of the value."""
    slope = -math.expm1(-value)  # d softplus(theta) / d theta
    theta = value + math.log(slope) + slope * step
    softplus = max(theta, 0.0) + math.log1p(math.exp(-abs(theta)))
    return min(max(softplus, value / math.e), value * math.e)
