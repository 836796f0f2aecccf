"""Expectations without random numbers: nodes and weights that integrate the families of the assignment to rounding.

A Gauss–Hermite rule for the normal is exact for polynomials. For the Gamma the trapezoidal rule in log x
converges faster than any power of its step, because the integrand is analytic and falls off at both ends
(Trefethen & Weideman 2014). The weights come from the unnormalised density alone.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.special import roots_hermitenorm

FAR = 36.0  # exp(-36) of the mode's density is left out at either end


def gamma_nodes(shape: float, rate: float) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, " T"]]:
    """Nodes x and weights w with E[f(x)] = sum_t w_t f(x_t) for x ~ Gamma(shape, rate)."""
    left = FAR / shape + np.sqrt(2 * FAR / shape)
    right = min(np.sqrt(2 * FAR / shape), np.log(2 + 2 * FAR / shape))
    step = min(0.25, 0.6 / np.sqrt(shape))
    centre = np.log(shape / rate)
    log_x = np.arange(max(centre - left, -700.0), centre + right, step)
    log_weight = shape * (log_x - centre) - shape * np.expm1(log_x - centre)
    weight = np.exp(log_weight - log_weight.max())
    return np.exp(log_x), weight / weight.sum()


def normal_nodes(mean: float, precision: float, n: int = 5) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Nodes and weights, exact for polynomials of degree 2n - 1 in x ~ N(mean, 1/precision).

    The square of a row of the Normal–Gamma model's noisy gradient has degree 8.
    """
    node, weight = roots_hermitenorm(n)
    return mean + node / np.sqrt(precision), weight / weight.sum()


def normal_gamma_nodes(
    q: tuple[float, ...],
) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """Draws (mu, tau) and weights of q = (mu_N, lambda_N, a_N, b_N): every pair of nodes of its two factors."""
    mu, mu_weight = normal_nodes(q[0], q[1])
    tau, tau_weight = gamma_nodes(q[2], q[3])
    grid = np.meshgrid(mu, tau, indexing="ij")
    return grid[0].ravel(), grid[1].ravel(), np.outer(mu_weight, tau_weight).ravel()
