"""Coordinates in which the ascent of `bbvi.fit` may step, and what a short step in them does to q.

A parameter v may be a function of a number u that steps along the gradient in u. To first order v then moves along
D^2 times its own gradient, D = dv/du.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from jaxtyping import Float

Vector = Float[np.ndarray, "4"]
Coordinates = dict[str, Callable[[float], float]]
"""D^2 at a parameter, by the name of what steps."""

PARAMETERS = ("mu_N", "lambda_N", "a_N", "b_N")
ITSELF: Coordinates = {"itself": lambda v: 1.0}
OF_A_POSITIVE: Coordinates = ITSELF | {
    "its logarithm": lambda v: v**2,
    "the inverse of softplus": lambda v: np.expm1(-v) ** 2,
    "its square root": lambda v: 4 * v,
    "the standard deviation": lambda v: 4 * v**3,
    "the logarithm of the standard deviation": lambda v: 4 * v**2,
    "the inverse of softplus of the standard deviation": lambda v: 4 * v**3 * np.expm1(-(v**-0.5)) ** 2,
    "the variance or scale": lambda v: v**4,
    "the inverse of softplus of the variance or scale": lambda v: v**4 * np.expm1(-1 / v) ** 2,
}
"""For a precision, a shape or a rate."""
ALLOWED = (ITSELF, OF_A_POSITIVE, OF_A_POSITIVE, OF_A_POSITIVE)


def mixing_metrics(a: float, b: float) -> Iterator[Float[np.ndarray, "2 2"]]:
    """J J^T, which (a_N, b_N) moves along where two numbers step of which each determines both: J = d(a, b)/du.

    They are the mean of q(tau) and its shape or its variance, themselves, their logarithms or inverses of softplus.
    """
    m, v = a / b, a / b**2
    shape = (m, a), np.array([[0, 1], [-a / m**2, 1 / m]])  # b = a / m
    variance = (m, v), np.array([[2 * m / v, -(m**2) / v**2], [1 / v, -m / v**2]])  # a = m^2 / v, b = m / v
    slopes = list(OF_A_POSITIVE.values())[:3]
    for ((one, two), jacobian), of_one, of_two in product((shape, variance), slopes, slopes):
        yield jacobian @ np.diag([of_one(one), of_two(two)]) @ jacobian.T
