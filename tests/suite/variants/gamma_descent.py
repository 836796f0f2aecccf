"""Other correct descents on the Gamma's likelihood: what takes a parameter's steps, and what keeps it positive."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from implementations import gamma
from implementations.gamma import Parameterization
from tests.suite.corpus import target

descent = target("2.2.18", "gamma.gradient_descent")
natural_descent = target("2.2.18", "gamma.natural_gradient_descent")


def descending(direction: Any) -> Any:
    """Plain steps, halved until both parameters stay positive."""

    def descend(
        x: Any, a: float, b: float, n: int, size: float, parameterization: Parameterization = "scale"
    ) -> list[list[float]]:
        path = [[float(a), float(b)]]
        for _ in range(n):
            now = np.array(path[-1])
            move = size * direction(x, *path[-1], parameterization)
            while (now - move <= 0).any():
                move = move / 2
            path.append((now - move).tolist())
        return path

    return descend


def natural_slope(x: Any, a: float, b: float, parameterization: Parameterization) -> np.ndarray:
    fisher_matrix = gamma.fisher_information(a, b, parameterization)
    return np.linalg.solve(fisher_matrix, gamma.negative_log_likelihood_gradient(x, a, b, parameterization))


def clipped(direction: Any) -> Any:
    """Plain steps, each parameter held above a floor."""

    def descend(
        x: Any, a: float, b: float, n: int, size: float, parameterization: Parameterization = "scale"
    ) -> np.ndarray:
        path = [np.array([a, b])]
        for _ in range(n):
            path.append(np.maximum(path[-1] - size * direction(x, *path[-1], parameterization), 0.01))
        return np.array(path)

    return descend


class Coordinate(NamedTuple):
    """The number u that takes a parameter's steps: u(theta), theta(u), d theta / d u at theta."""

    of: Any
    back: Any
    slope: Any


plain = Coordinate(lambda t: t, lambda u: max(u, 1e-3), lambda t: 1.0)
logarithm = Coordinate(math.log, math.exp, lambda t: t)
inverse_softplus = Coordinate(
    lambda t: t + math.log(-math.expm1(-t)), lambda u: float(np.logaddexp(0, u)), lambda t: -math.expm1(-t)
)
square_root = Coordinate(math.sqrt, lambda u: max(u * u, 1e-6), lambda t: 2 * math.sqrt(t))
natural_parameter = Coordinate(lambda t: -1 / t, lambda u: -1 / min(u, -1e-6), lambda t: t * t)


def stepping_in(of_alpha: Coordinate, of_beta: Coordinate, direction: Any, natural: bool) -> Any:
    """The gradient is multiplied by d theta / d u, the natural gradient divided by it; u moves by 2 at most."""

    def descend(
        x: Any, a: float, b: float, n: int, size: float, parameterization: Parameterization = "scale"
    ) -> list[list[float]]:
        path = [[float(a), float(b)]]
        for _ in range(n):
            moved = []
            for u, theta, d in zip(
                (of_alpha, of_beta), path[-1], direction(x, *path[-1], parameterization), strict=True
            ):
                move = size * float(d) * u.slope(theta) ** (-1 if natural else 1)
                moved.append(u.back(u.of(theta) - min(max(move, -2.0), 2.0)))
            path.append(moved)
        return path

    return descend


for asked, direction in ((descent, gamma.negative_log_likelihood_gradient), (natural_descent, natural_slope)):
    natural_step = asked is natural_descent
    asked.right("halved steps at the boundary", descending(direction))
    asked.right("clipped steps", clipped(direction))
    for name, of_alpha, of_beta in (
        ("both logarithms", logarithm, logarithm),
        ("both inverse softplus", inverse_softplus, inverse_softplus),
        ("both square roots", square_root, square_root),
        ("log alpha, plain beta", logarithm, plain),
        ("plain alpha, inverse softplus of beta", plain, inverse_softplus),
        ("square root of alpha, log beta", square_root, logarithm),
    ):
        asked.right(name, stepping_in(of_alpha, of_beta, direction, natural_step))
natural_descent.right("natural parameters", stepping_in(plain, natural_parameter, natural_slope, True))
