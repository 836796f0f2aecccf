"""Question 2.2.18: gradient and natural gradient descent on the Gamma's average negative log likelihood.

Steps are compared with the gradient by autodiff and the Fisher matrix by quadrature, along the whole path. How
alpha and beta are kept positive is free: each may step itself, or be the exp, the softplus or the square of a number
that steps along the gradient in that number. So only short steps are prescribed, and where no step leads.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.submission import Submission
from grading.verdict.claims import Refuted, array, claim
from tests import densities
from tests.gamma_family import SCALE, Theta, data_with_means, data_with_optimum, moments_of_T, points
from tests.strategies import log_uniform, seeds

Map = Callable[[np.ndarray], np.ndarray]
STARTS = st.tuples(log_uniform(0.3, 10), log_uniform(0.1, 10))
SHORT = 1e-7
METHODS = st.sampled_from(["gradient_descent", "natural_gradient_descent"])
AFTER_THE_OTHER = "one parameter is moved first, and the other one's component is taken where that led"


class Coordinate(NamedTuple):
    """A number u that takes a parameter's steps: u(theta), theta(u), and d theta / d u at theta."""

    of: Map
    back: Map
    slope: Map

    def step(self, theta: np.ndarray, gradient: np.ndarray, size: float) -> np.ndarray:
        """Where a gradient step in u leads; the gradient given is the one in theta."""
        return self.back(self.of(theta) - size * self.slope(theta) * gradient)


ITSELF = Coordinate(lambda theta: theta, lambda u: u, np.ones_like)
COORDINATES = (
    ITSELF,
    Coordinate(np.log, np.exp, lambda theta: theta),
    Coordinate(
        lambda theta: theta + np.log(-np.expm1(-theta)), lambda u: np.logaddexp(0, u), lambda theta: -np.expm1(-theta)
    ),
    Coordinate(np.sqrt, np.square, lambda theta: 2 * np.sqrt(theta)),
)
"""The parameter itself, its logarithm, its inverse softplus, its square root. A short natural step is one in each."""


def path_of(submission: Submission, method: str, x: np.ndarray, start: Theta, n_epochs: int, step: float) -> np.ndarray:
    """The path of one descent, (n_epochs + 1, 2)."""
    function = getattr(submission.gamma, method)
    return array(
        function(x, *start, n_epochs, step, parameterization=SCALE), (n_epochs + 1, 2), f"the path of {method}"
    )


def direction(method: str, x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The gradient of the loss at theta, or the natural gradient."""
    at = (float(theta[0]), float(theta[1]))
    gradient = -densities.gamma_score(x, at).mean(axis=0)
    return gradient if method == "gradient_descent" else np.linalg.solve(densities.gamma_fisher(at), gradient)


@pytest.mark.question("2.2.18")
@given(method=METHODS, start=STARTS, truth=STARTS, reach=st.sampled_from([SHORT, 0.01, 0.2]), seed=seeds())
def test_steps_follow_the_gradient(
    submission: Submission, method: str, start: Theta, truth: Theta, reach: float, seed: int
) -> None:
    """Steps are -step_size times the gradient, in coordinates that the stub allows, or the natural gradient.

    A first step along the gradient goes up to a fifth of the way to zero, which is well inside. All others are short:
    longer ones may lead anywhere, and natural ones are the same in all coordinates only to first order.

    Rung: pathwise, on the same data: nothing is random.
    """
    x = points(truth, 20, seed)
    stiffest = np.max([np.square(u.slope(np.array(start))) for u in COORDINATES], axis=0)
    pace = np.abs(direction(method, x, np.array(start)) / start)
    step = reach / (pace * stiffest).max() if method == "gradient_descent" else SHORT / pace.max()
    path = path_of(submission, method, x, start, 3 if reach == SHORT else 1, step)
    if not np.allclose(path[0], start, rtol=1e-12):
        raise Refuted(f"the path should start at {start}, found {path[0].tolist()}")
    for epoch, (here, there) in enumerate(pairwise(path)):
        expected, found = direction(method, x, here), (here - there) / step
        allowed = COORDINATES if method == "gradient_descent" else [ITSELF]
        slack = 1e-5 * np.abs(expected) + 1e-5 * np.abs(direction(method, x, np.array(start)) / start).max() * here
        if not np.any([np.abs(u.step(here, expected, step) - there) <= step * slack for u in allowed], axis=0).all():
            raise Refuted(
                f"a step of {method} from {here.tolist()} is {(-found).tolist()} times the step size, where "
                f"minus the {'' if method == 'gradient_descent' else 'natural '}gradient is {(-expected).tolist()}",
                mistake=mistaken(method, x, here, found, slack, epoch),
            )


def mistaken(method: str, x: np.ndarray, theta: np.ndarray, found: np.ndarray, slack: np.ndarray, epoch: int) -> str:
    """The name of the mistake that explains the step, if one does."""
    right = direction(method, x, theta)
    gradient, natural = direction("gradient_descent", x, theta), direction("natural_gradient_descent", x, theta)
    fisher, other = densities.gamma_fisher((theta[0], theta[1])), (theta[0], 1 / theta[1])
    in_rate = -densities.gamma_score(x, other).mean(axis=0) * [1, -(theta[1] ** -2)]
    steps = {
        "the step goes uphill": -right,
        "the natural gradient is the gradient itself": gradient,
        "the gradient was multiplied by the Fisher matrix, not by its inverse": fisher @ gradient,
        "the sum over the data was taken, not the average": len(x) * right,
        "the step is divided by the number of points; the loss is an average already": right / len(x),
        "the gradient takes beta as a rate; the assignment's beta is a scale": in_rate,
        "the gradient takes beta as a rate, the Fisher matrix as a scale": np.linalg.solve(fisher, in_rate),
        "it is the natural gradient": natural,
    }
    fraction = found @ right / (right @ right)
    if 0 < fraction < 1:
        name = "the step size shrinks; it is the same in every epoch" if epoch else "the step is shortened"
        steps[name] = fraction * right
    return next((name for name, step in steps.items() if (np.abs(found - step) <= slack).all()), "")


@pytest.mark.question("2.2.18")
@given(method=METHODS, start=STARTS, resting=st.sampled_from([0, 1]), size=st.floats(0.1, 0.5))
def test_both_move_from_the_same_point(
    submission: Submission, method: str, start: Theta, resting: int, size: float
) -> None:
    """A parameter whose component of the gradient is zero stays where it is, however far the other one goes.

    It does so whatever takes the steps and keeps both positive: only a component at another point moves it.

    Rung: pathwise: nothing is random.
    """
    theta = np.array(start)
    x, step = data_for_a_step(method, start, np.eye(2)[1 - resting] * size * theta)
    there = path_of(submission, method, x, start, 1, step)[1]
    if abs(there[resting] / theta[resting] - 1) > 1e-6:
        between = np.where(np.arange(2) == resting, theta, there)
        late = theta - step * direction(method, x, between)
        name, kind = ("alpha", "beta")[resting], "" if method == "gradient_descent" else "natural "
        at_start = direction(method, x, theta).round(12) + 0
        raise Refuted(
            f"at {start} the {kind}gradient is {at_start.tolist()}, yet the first step takes {name} to "
            f"{there[resting]:.10g}: a step is along the {kind}gradient at one point",
            mistake=AFTER_THE_OTHER if np.isclose(late[resting], there[resting], rtol=1e-6) else "",
        )


def data_for_a_step(method: str, start: Theta, move: np.ndarray) -> tuple[np.ndarray, float]:
    """Data and a step size with which one step from start is -move: a step size of one, or more where no data are."""
    fisher = np.eye(2) if method == "gradient_descent" else densities.gamma_fisher(start)
    mean, _ = moments_of_T(start)
    for halvings in range(60):
        gradient = fisher @ move / 2**halvings
        log_x, plain = mean - gradient * [1, start[1] ** 2]  # gradient of the loss = (E[T] - mean T) * d eta / d theta
        if plain > 0 and np.log(plain) - log_x > 0.3 * (np.log(mean[1]) - mean[0]):  # Jensen, with room
            return data_with_means(log_x, plain), 2.0**halvings
    raise AssertionError(f"no data move {start} by {-move}")


@pytest.mark.question("2.2.18")
@given(method=METHODS, start=STARTS, truth=STARTS, step=log_uniform(0.01, 2.0), seed=seeds())
def test_descent_stays_positive(
    submission: Submission, method: str, start: Theta, truth: Theta, step: float, seed: int
) -> None:
    """alpha and beta stay positive and finite for steps of any size, from starts far from the data.

    Rung: pathwise: nothing is random.
    """
    path = path_of(submission, method, points(truth, 20, seed), start, 20, step)
    claim(
        (path > 0).all(),
        f"alpha and beta must stay positive; the smallest is {path.min():.6g}. A step that would lead there, or so far "
        "that exp or softplus gives 0, has to be shortened",
    )


@pytest.mark.question("2.2.18")
@given(method=METHODS, truth=STARTS, fraction=st.floats(0.05, 0.5))
def test_maximum_likelihood_is_the_fixed_point(
    submission: Submission, method: str, truth: Theta, fraction: float
) -> None:
    """Started at the maximum likelihood estimate, neither descent moves.

    Rung: pathwise: nothing is random.
    """
    # Steps short enough to be stable, also in logarithms: rounding must not grow along the path.
    stiffness = np.linalg.eigvalsh(densities.gamma_fisher(truth))[-1] * max(1, *np.square(truth))
    step = fraction / (stiffness if method == "gradient_descent" else 1)
    path = path_of(submission, method, data_with_optimum(truth), truth, 5, step)
    drift = np.abs(path / truth - 1).max()
    claim(
        drift < 1e-6,
        f"{method} started at the maximum likelihood estimate {truth} moves away from it, to {path[-1].tolist()}",
    )


@pytest.mark.question("2.2.18")
@given(truth=STARTS, alpha=st.floats(0.6, 1.6), beta=st.floats(0.6, 1.6))
def test_natural_gradient_descent_converges(submission: Submission, truth: Theta, alpha: float, beta: float) -> None:
    """From within 60 %, 150 epochs with step 0.2 end at the maximum likelihood estimate, whatever the scale.

    Rung: pathwise: nothing is random.
    """
    start = (truth[0] * alpha, truth[1] * beta)
    end = path_of(submission, "natural_gradient_descent", data_with_optimum(truth), start, 150, 0.2)[-1]
    off = np.abs(end / truth - 1).max()
    claim(off < 1e-6, f"150 epochs from {start} end at {end.tolist()}; the maximum likelihood estimate is {truth}")
