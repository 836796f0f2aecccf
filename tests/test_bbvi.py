"""Question 1.2.5: the sampler, the bound, its noisy gradient and the ascent of black box variational inference.

The bound and its gradient are integrals, so they are checked against quadrature: the rows of `gradient_draws` at
the nodes, weighted, have exactly the gradient as their mean, and no random number is needed. Only what draws its
own numbers (the sampler, the ascent) is tested statistically.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from grading.montecarlo import check_categorical, check_distribution, rng_for
from grading.submission import Rng, Submission
from grading.verdict.claims import array, claim, number
from grading.verdict.exhibits import Exhibits
from tests import densities
from tests.ascent import few_points, require_average, require_climb
from tests.densities import tensor
from tests.quadrature import normal_gamma_nodes
from tests.recognition import agrees
from tests.short_steps import Problem, trajectory
from tests.strategies import RATES, SHAPES, log_uniform, seeds

PRIORS = st.tuples(st.floats(-2, 2), RATES, SHAPES, RATES)
FAMILY = st.tuples(st.floats(-3, 3), RATES, log_uniform(0.5, 100), RATES)
SIZES = st.integers(1, 30)
NEAR_ZERO = (0.0, 0.05, 0.5, 0.05)
"""Parameters that a step of the assignment's size in q itself takes below zero, nine times of ten."""
SHARP = (1.0, 1e6, 5.0, 2.0)
"""The precision of a mean that some hundred thousand points determine."""


def data(size: int, seed: int, offset: float = 0.0) -> np.ndarray:
    """A few points with mean and spread away from 0 and 1."""
    rng = np.random.default_rng([seed, 2])
    return offset + rng.normal(rng.uniform(-2, 2), rng.uniform(0.3, 3), size)


def away_from_one(rng: np.random.Generator) -> float:
    """A positive number at least a factor of two away from 1."""
    return float(np.exp(rng.choice([-1, 1]) * rng.uniform(0.7, 2)))


def generic_problem(rng: np.random.Generator, size: int) -> Problem:
    """Data, prior and a q some way from the optimum, where the gradient is well above its noise."""
    x = rng.normal(1.3, 1.4, size)
    prior = (float(rng.uniform(0, 2)), float(rng.uniform(0.1, 1)), float(rng.uniform(1, 3)), float(rng.uniform(1, 3)))
    q = (
        float(x.mean() + rng.uniform(0.4, 0.9)),
        float(rng.uniform(2, 4)),
        float(rng.uniform(2.5, 5)),
        float(rng.uniform(2.5, 5)),
    )
    return x, prior, q


def pair(value: Any, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The two arrays that `sample_q` returns."""
    claim(isinstance(value, list | np.ndarray) and len(value) == 2, "sample_q should return a pair (mu, tau)")
    return array(value[0], (n,), "mu of sample_q"), array(value[1], (n,), "tau of sample_q")


Pair = tuple[np.ndarray, np.ndarray]
Halves = Callable[[np.ndarray], Pair]
ROWS: dict[str, Halves] = {
    "that of the next row": lambda u: (u[::2], u[1::2]),
    "that half the rows further": lambda u: (u[: len(u) // 2], u[len(u) // 2 :]),
}
"""Two ways to pair rows, each of them once: draws that are repeated, mirrored or sorted depend in one of them."""


def cell(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Which of 4 x 5 equal cells each pair of uniforms lies in."""
    return np.minimum(4 * u, 3).astype(int) * 5 + np.minimum(5 * v, 4).astype(int)


@pytest.mark.question("1.2.5")
def test_sample_q_draws_from_q(submission: Submission, seed: int) -> None:
    """mu ~ N(mu_N, 1/lambda_N) and tau ~ Gamma(a_N, rate b_N), all independent; the same generator, the same draws.

    Rung: Monte Carlo, because the function draws its own numbers and only their law is prescribed. Seven assertions:
    correct work fails with probability at most 7e-11; a cell of 1/20 that is off by 0.02 is found with probability 1 -
    1e-06.
    """
    rng = rng_for(seed, "sample_q_draws_from_q")
    q = (float(rng.uniform(-3, 3)), away_from_one(rng), float(rng.uniform(0.6, 6)), away_from_one(rng))
    first, again = (pair(submission.normal_gamma.sample_q(q, 5, Rng(7)), 5) for _ in range(2))
    claim(np.array_equal(first, again), "the same generator should give the same draws: is `rng` used throughout?")

    def uniforms(n: int, rng: np.random.Generator) -> Pair:
        mu, tau = pair(submission.normal_gamma.sample_q(q, n, Rng(int(rng.integers(2**32)))), n)
        return stats.norm.cdf(mu, q[0], q[1] ** -0.5), stats.gamma.cdf(tau, q[2], scale=1 / q[3])

    def test(draw: Any, name: str, message: str) -> None:
        check_distribution(draw, cdf=lambda u: u, rng=rng_for(seed, "sample_q", name), claim=name).require(message)

    test(lambda n, rng: uniforms(n, rng)[0], "mu is N(mu_N, 1/lambda_N)", "lambda_N is a precision.")
    test(lambda n, rng: uniforms(n, rng)[1], "tau is Gamma(a_N, rate b_N)", "numpy's gamma takes a scale, 1/b_N.")

    def independent(pairs: Callable[[int, np.random.Generator], Pair], name: str, message: str) -> None:
        """A quarter of one and a fifth of the other meet once in 20 draws."""
        rng, cells = rng_for(seed, "sample_q", name), np.full(20, 1 / 20)
        check_categorical(lambda n, rng: cell(*pairs(n, rng)), probs=cells, rng=rng, claim=name).require(message)

    def two_rows(part: int, halves: Halves, n: int, rng: np.random.Generator) -> Pair:
        """One parameter in n pairs of rows."""
        return halves(uniforms(2 * n, rng)[part])

    independent(uniforms, "mu and tau are independent", "mu and tau are drawn independently.")
    for part, parameter in enumerate(("mu", "tau")):
        for apart, halves in ROWS.items():
            pairs, name = partial(two_rows, part, halves), f"{parameter} is independent of {apart}"
            independent(pairs, name, "n independent draws are asked for.")


@pytest.mark.question("1.2.5")
@given(prior=PRIORS, q=FAMILY, size=SIZES, offset=st.sampled_from([0.0, 0.0, 1e6]), seed=seeds())
def test_elbo_is_the_expectation(
    submission: Submission, prior: tuple[float, ...], q: tuple[float, ...], size: int, offset: float, seed: int
) -> None:
    """elbo = E_q[log p(x, mu, tau) - log q(mu, tau)], constants included, also for points around a million.

    Rung: exact expectation, by quadrature: the closed form is of a mean under q, which no single draw shows.
    """
    x, prior, q = data(size, seed, offset), (prior[0] + offset, *prior[1:]), (q[0] + offset, *q[1:])
    found = number(submission.normal_gamma.elbo(x, prior, q), "elbo")
    expected, _, spread = densities.elbo(x, prior, q)
    normal, log_2pi = stats.norm(scale=q[1] ** -0.5), float(np.log(2 * np.pi))
    mistakes = {
        "the bound's sign is that of a loss": lambda: -expected,
        "the entropy of q is missing": lambda: (
            expected - normal.entropy() - stats.gamma(q[2], scale=1 / q[3]).entropy()
        ),
        "the constant -N/2 log(2 pi) is missing": lambda: expected + size / 2 * log_2pi,
    }
    oracle = "the expectation under q of log p - log q, by quadrature"
    agrees(found, expected, "elbo", oracle=oracle, mistakes=mistakes, rtol=1e-7, atol=1e-8 * spread)


@pytest.mark.question("1.2.5")
@settings(max_examples=10)  # a loop over a thousand draws is slow, and right
@given(prior=PRIORS, q=FAMILY, size=SIZES, seed=seeds())
def test_gradient_draws_are_unbiased(
    submission: Submission, prior: tuple[float, ...], q: tuple[float, ...], size: int, seed: int
) -> None:
    """E_q[gradient_draws] is the gradient of the bound.

    Rung: exact expectation, by quadrature: any baseline is allowed, so the rows are free and only their mean is not.
    """
    x = data(size, seed)
    mu, tau, weight = normal_gamma_nodes(q)
    rows = array(submission.bbvi.gradient_draws(x, prior, q, mu, tau), (len(mu), 4), "gradient_draws")
    _, expected, _ = densities.elbo(x, prior, q)
    h = densities.score(mu, tau, q)

    def mean(log_ratio: Any) -> np.ndarray:
        return weight @ (h * np.asarray(log_ratio)[:, None])

    log_p = densities.log_likelihood(tensor(x), tensor(mu), tensor(tau))
    log_joint = log_p + densities.log_prior(tensor(mu), tensor(tau), prior)
    log_q = densities.log_q(tensor(mu), tensor(tau), tensor(q))
    mistakes = {
        "it points downhill: the gradient of the loss -ELBO": lambda: -expected,
        "log q is not subtracted from log p": lambda: mean(log_joint),
        "log q is added to log p": lambda: mean(log_joint + log_q),
        "the prior is left out": lambda: mean(log_p - log_q),
        "the likelihood is averaged over the data, not summed": lambda: mean(log_p / size + log_joint - log_p - log_q),
    }
    noise = weight @ np.abs(h * (log_joint - log_q).numpy()[:, None])
    oracle = "the gradient of the bound, both by quadrature"
    agrees(weight @ rows, expected, "E_q[gradient_draws]", oracle=oracle, mistakes=mistakes, atol=1e-6 * noise)


@pytest.mark.question("1.2.5")
@given(prior=PRIORS, q=FAMILY, size=SIZES, n=st.integers(2, 6), seed=seeds())
def test_gradient_rows_belong_to_their_draws(
    submission: Submission, prior: tuple[float, ...], q: tuple[float, ...], size: int, n: int, seed: int
) -> None:
    """Row s depends on draw s alone: the rows of some of the draws are some of the rows.

    Rung: pathwise, row by row.
    """
    x, rng = data(size, seed), np.random.default_rng(seed)
    mu, tau = rng.normal(q[0], q[1] ** -0.5, n), np.maximum(rng.gamma(q[2], 1 / q[3], n), 1e-200)
    rows = array(submission.bbvi.gradient_draws(x, prior, q, mu, tau), (n, 4), "gradient_draws")
    part = array(submission.bbvi.gradient_draws(x, prior, q, mu[1:], tau[1:]), (n - 1, 4), "gradient_draws")
    agrees(part, rows[1:], "the rows without the first draw", oracle="those rows with it", atol=1e-9 * np.abs(rows[1:]))


@pytest.mark.question("1.2.5")
@given(
    q=st.tuples(st.floats(-3, 3), log_uniform(0.05, 20), log_uniform(0.5, 20), log_uniform(0.05, 20)),
    step_size=log_uniform(1e-6, 1e-3),
    control_variates=st.booleans(),
    seed=seeds(),
)
@example(q=NEAR_ZERO, step_size=1e-3, control_variates=False, seed=1)
@example(q=NEAR_ZERO, step_size=1e-3, control_variates=True, seed=2)
@example(q=SHARP, step_size=1e-6, control_variates=False, seed=3)
def test_fit_stays_in_the_domain(
    submission: Submission, q: tuple[float, ...], step_size: float, control_variates: bool, seed: int
) -> None:
    """The trajectory starts at q, has n_steps + 1 rows, stays positive, and is the same for the same generator.

    Steps of size zero stay at q, wherever it is.

    Rung: pathwise: it holds for every trajectory.
    """
    x, prior = data(10, seed), (1.0, 0.1, 1.0, 2.0)
    arguments = (x, prior, q, 12, 20, np.full(12, step_size), Rng(seed), control_variates)
    path = trajectory(submission.bbvi.fit(*arguments), 12, q)
    again = trajectory(submission.bbvi.fit(*arguments), 12, q)
    claim(np.array_equal(path, again), "the same generator should give the same trajectory: is `rng` used throughout?")
    still = array(submission.bbvi.fit(x, prior, q, 1, 20, np.zeros(1), Rng(seed), control_variates), (2, 4), "one step")
    agrees(still[1], np.array(q), "q after a step of size zero", oracle="the start", rtol=1e-9, atol=1e-12)


@pytest.mark.question("1.2.5")
def test_fit_climbs_the_bound(submission: Submission, seed: int, exhibits: Exhibits) -> None:
    """The mean of short steps is the gradient of the bound, each parameter's in a coordinate of your choice.

    Some start at q, the others where one longer step led, which may take a parameter six tenths of the way to zero:
    whatever a step needs is computed anew. With ten times as many draws a step varies a tenth as much.

    Rung: Monte Carlo, because `fit` draws its own numbers, in an order of its own. With mean and variance of a step by
    quadrature, at each q, correct work fails with probability at most 2e-11: 1e-11 for either assertion. A mean that is
    in one parameter off by 0.4 standard deviations of a step of 400 draws, from the gradient in each of nine usual
    coordinates, is found in each with probability 1 - 1e-07; a variance that falls to no less than 1.5 times a third
    with probability 1 - 1e-06, if the kurtosis of the wrong steps is at most 6.
    """
    problem = few_points(rng_for(seed, "fit_climbs_the_bound"))
    exhibits.fact("steps in", require_climb(submission, problem, False, seed, "fit_climbs_the_bound"))
    require_average(submission, problem, seed, "fit_averages_its_draws")


@pytest.mark.question("1.2.5")
def test_fit_takes_each_step_size(submission: Submission, seed: int) -> None:
    """With an array of step sizes, step t has size rho_t: zeros do not move, and a shuffled array moves elsewhere.

    Rung: pathwise: it holds for every trajectory.
    """
    x, prior, q = generic_problem(rng_for(seed, "fit_takes_each_step_size"), 20)
    rho = np.array([1e-4, 0.0, 2e-4, 0.0])
    path = array(submission.bbvi.fit(x, prior, q, 4, 50, rho, Rng(seed), False), (5, 4), "the trajectory")
    moved = np.abs(np.diff(path, axis=0)).max(axis=1) > 1e-12
    claim(
        moved.tolist() == [True, False, True, False],
        f"with step sizes {rho.tolist()} the steps that move should be the first and third, found {moved.tolist()}",
    )
