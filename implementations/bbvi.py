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
    whole factor. Estimated on the very rows it corrects, as published, it biases their mean by O(1/S); here
    each row gets the estimate from the other S - 1 rows, which leaves the mean exact at every S. With fewer
    than three rows the others have no covariance, and a is 0. Axes between S and d hold several factors.
    """
    n = len(f)
    f_residual = f - f.sum(axis=0) / n
    h_residual = h - h.sum(axis=0) / n
    covariance = _left_out(np.einsum("s...d,s...d->s...", f_residual, h_residual))
    variance = _left_out(np.einsum("s...d,s...d->s...", h_residual, h_residual))
    usable = (variance > 0) & (n > 2)
    scaling = np.divide(covariance, variance, out=np.zeros_like(variance), where=usable)
    return f - scaling[..., None] * h


def _left_out(products: Float[np.ndarray, "S ..."]) -> Float[np.ndarray, "S ..."]:
    """The centred sum of products without row s, for each s: its own product leaves with weight n/(n-1)."""
    n = len(products)
    return products.sum(axis=0) - n / max(n - 1, 1) * products


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
        trajectory[t + 1] = _ascend(trajectory[t], rho[t] * f.sum(axis=0) / n_samples)
    return trajectory


def _log_ratio(
    data: Statistics, prior: Parameters, q: Parameters, mu: Float[np.ndarray, " S"], tau: Float[np.ndarray, " S"]
) -> Float[np.ndarray, " S"]:
    """log p(x, mu, tau) - log q(mu, tau): how much more the model likes each draw than q does."""
    return log_likelihood_of(data, mu, tau) + log_prior(mu, tau, prior) - log_q(mu, tau, q)


def _by_factor(rows: Float[np.ndarray, "S 4"]) -> Float[np.ndarray, "S 2 2"]:
    """The rows of each factor of q: q(mu) owns the first two parameters, q(tau) the last two."""
    return rows.reshape(-1, 2, 2)


def _ascend(q: Float[np.ndarray, "4"], step: Float[np.ndarray, "4"]) -> Float[np.ndarray, "4"]:
    """q after a step along the gradient in (mu_N, theta), where (lambda_N, a_N, b_N) = log(1 + exp(theta)).

    One step moves mu_N by no more than three standard deviations of q and the others by no more than a factor
    of e: the bound on a leap that the noise of a poor start would otherwise make, never to return.
    """
    positive, reach = q[1:], 3 / math.sqrt(q[1])
    slope = -np.expm1(-positive)  # d softplus(theta) / d theta
    leap = np.logaddexp(0.0, positive + np.log(slope) + slope * step[1:])
    moved = np.empty(4)
    moved[0] = q[0] + min(max(step[0], -reach), reach)
    moved[1:] = np.minimum(np.maximum(leap, positive / math.e), positive * math.e)
    return moved
