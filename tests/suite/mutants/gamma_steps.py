"""Steps of the two descents that have another length, or another matrix, than asked for (2.2.18)."""

from __future__ import annotations

from typing import Any

import numpy as np

from implementations import gamma
from implementations.gamma import Parameterization
from tests.suite.mutants.gamma_descent import descent, gradient_at, natural_descent, path


def clipped(vector: np.ndarray, length: float) -> np.ndarray:
    """The vector, shortened to this length."""
    return vector * min(1.0, length / np.linalg.norm(vector))


descent.wrong(
    "long gradients are clipped",
    "The step is step_size times the gradient, whatever its length: shorten only steps that would leave the domain.",
    path(lambda x, theta, size, parameterization: size * clipped(gradient_at(x, theta, parameterization), 1.0)),
)
descent.wrong(
    "long steps are clipped",
    "A step that stays well inside the domain is not shortened.",
    path(lambda x, theta, size, parameterization: clipped(size * gradient_at(x, theta, parameterization), 1e-3)),
)


def empirical(x: Any, theta: Any, size: float, parameterization: Parameterization) -> np.ndarray:
    scores = [-gamma.negative_log_likelihood_gradient(np.array([v]), theta[0], theta[1], parameterization) for v in x]
    matrix = np.mean([np.outer(each, each) for each in scores], axis=0)
    return size * np.linalg.lstsq(matrix, gradient_at(x, theta, parameterization), rcond=None)[0]


natural_descent.wrong(
    "the empirical Fisher matrix",
    "F is the mean of score scoreᵀ under the model, in closed form; here it is their mean over the data.",
    path(empirical),
)
