"""Strategies, data and exact moments of the Gamma in shape and scale, the parameterisation of the assignment."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.quadrature import gamma_nodes
from tests.strategies import RATES, SHAPES

SCALE = "scale"
THETA = st.tuples(SHAPES, RATES)
"""(alpha, beta): shapes from 0.05 to 10,000, scales from 0.001 to 1000."""
SIZES = st.integers(1, 30).filter(lambda size: size != 2)
"""Of two points a sum over N and an average over N - 1 are the same."""

Theta = tuple[float, float]


def points(theta: Theta, size: int, seed: int) -> np.ndarray:
    """Draws of the Gamma with shape alpha and scale beta, none of them zero."""
    return np.maximum(np.random.default_rng(seed).gamma(theta[0], theta[1], size), 1e-200)


def eta_of(theta: Theta) -> np.ndarray:
    """The natural parameters that belong to T(x) = (log x, x), in shape–scale."""
    return np.array([theta[0] - 1, -1 / theta[1]])


def terms(x: np.ndarray, theta: Theta) -> np.ndarray:
    """The size of what cancels in the log density."""
    alpha, beta = theta
    return 1 + (alpha + 1) * (abs(np.log(beta)) + abs(np.log(alpha)) + np.abs(np.log(x)) + 1) + x / beta


def moments_of_T(theta: Theta) -> tuple[np.ndarray, np.ndarray]:
    """E[T] and Cov[T] by quadrature."""
    x, weight = gamma_nodes(theta[0], 1 / theta[1])
    T = np.stack([np.log(x), x], axis=1)
    mean = weight @ T
    return mean, (weight[:, None] * (T - mean)).T @ (T - mean)


def data_with_optimum(theta: Theta) -> np.ndarray:
    """Two points whose mean of T is E[T] under theta, so that theta is their maximum likelihood estimate."""
    return data_with_means(*moments_of_T(theta)[0])


def data_with_means(log_x: float, x: float) -> np.ndarray:
    """Two points x(1 - s), x(1 + s) with these means of log x and x; log x must be the smaller (Jensen)."""
    ratio = np.exp(log_x) / x  # geometric over arithmetic mean: sqrt(1 - s^2)
    s = np.sqrt((1 - ratio) * (1 + ratio))
    return x * np.array([1 - s, 1 + s])
