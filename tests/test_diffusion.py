"""4.1.26: the terms of the diffusion bound, against the chain that defines them.

Everything follows from q(x_t | x_{t-1}) = N(√(1-β_t) x_{t-1}, β_t I): the marginals by composing steps, the posterior
by Bayes' rule (precisions add), the negative ELBO from its definition E_q[log q(x_{1:T} | x_0) - log p(x_{0:T})].
With linear reverse means every term is quadratic in its noise, so 2 D equally weighted points give its expectation
exactly.  Ho, Jain, Abbeel 2020, eqs. 3-7, 12, 14.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.submission import Submission
from grading.verdict.claims import Refuted, array, claim
from tests.diffusion_chain import Chain, D, chain, negative_elbo, schedule, steps
from tests.diffusion_terms import check_first, check_kl, normal
from tests.recognition import Mistakes, agrees
from tests.strategies import seeds

Array = np.ndarray
Q = pytest.mark.question("4.1.26")
LENGTHS = st.sampled_from([2, 3, 10])


def pair(value: object, what: str, B: int) -> tuple[Array, Array]:
    """Mean (B, D) and variance (B,) that came back."""
    if not isinstance(value, list) or len(value) != 2:
        raise Refuted(f"{what} should return (mean, variance)")
    return array(value[0], (B, D), f"mean of {what}"), array(value[1], (B,), f"variance of {what}")


@Q
@given(seed=seeds(), T=st.sampled_from([1, 2, 10, 1000]))
def test_forward_marginal(submission: Submission, seed: int, T: int) -> None:
    """q(x_t | x_0) is what t steps of q compose to, for each row's own t.

    Rung: pathwise: mean and variance are functions of x_0 and t.
    """
    betas = np.linspace(1e-4, 0.02, T) if T == 1000 else schedule(seed, T)
    rng = np.random.default_rng(seed)
    t, x0 = np.r_[1, T, rng.integers(1, T + 1, 3)], rng.normal(size=(5, D))
    mean, variance = pair(submission.diffusion.forward_marginal(x0, t, betas), "forward_marginal", len(t))
    scale, spread = steps(betas)
    earlier = np.maximum(t - 2, 0)
    of_variance: Mistakes = {
        "this is the standard deviation; the variance is asked for": lambda: np.sqrt(spread[t]),
        "this is beta_t, the variance of one step": lambda: betas[t - 1],
        "the betas are added up; each step also shrinks what was there": lambda: np.cumsum(betas)[t - 1],
        "this is alpha_bar_t; the variance is 1 - alpha_bar_t": lambda: scale[t] ** 2,
        "t is off by one: betas[t - 1] is the variance of step t": lambda: spread[np.minimum(t + 1, T)],
        "t is off by one (too early)": lambda: spread[t - 1],
    }
    of_mean: Mistakes = {
        "alpha_bar_t without its square root": lambda: (scale[t] ** 2)[:, None] * x0,
        "this is sqrt(1 - alpha_bar_t) x_0, the noise's factor": lambda: np.sqrt(spread[t])[:, None] * x0,
        "alpha_t is used for alpha_bar_t": lambda: np.sqrt(1 - betas[t - 1])[:, None] * x0,
        "t is off by one: betas[t - 1] is the variance of step t": lambda: scale[np.minimum(t + 1, T)][:, None] * x0,
        "t is off by one (too early)": lambda: scale[earlier + 1][:, None] * x0,
    }
    oracle = "one step of q after another"
    agrees(mean, scale[t][:, None] * x0, "mean of q(x_t | x_0)", mistakes=of_mean, oracle=oracle)
    agrees(variance, spread[t], "variance of q(x_t | x_0)", mistakes=of_variance, oracle=oracle)


@Q
@given(seed=seeds(), T=st.sampled_from([2, 10, 1000]))
def test_forward_posterior_is_bayes_rule(submission: Submission, seed: int, T: int) -> None:
    """q(x_{t-1} | x_t, x_0) ∝ q(x_t | x_{t-1}) q(x_{t-1} | x_0), t from 2 to T.

    Rung: pathwise: mean and variance are functions of x_t, x_0 and t.
    """
    betas = np.linspace(1e-4, 0.02, T) if T == 1000 else schedule(seed, T)
    rng = np.random.default_rng(seed)
    t, x0, xt = np.r_[2, T, rng.integers(2, T + 1, 3)], rng.normal(size=(5, D)), rng.normal(size=(5, D))
    mean, variance = pair(submission.diffusion.forward_posterior(xt, x0, t, betas), "forward_posterior", len(t))
    scale, spread = steps(betas)
    beta, prior = betas[t - 1], spread[t - 1]
    posterior = 1 / ((1 - beta) / beta + 1 / prior)
    expected = posterior[:, None] * (np.sqrt(1 - beta) / beta)[:, None] * xt
    expected += (posterior / prior * scale[t - 1])[:, None] * x0
    of_variance: Mistakes = {
        "this is beta_t, not the posterior's variance": lambda: beta,
        "this is the standard deviation; the variance is asked for": lambda: np.sqrt(posterior),
        "beta_t is missing: (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t) times it": lambda: prior / spread[t],
        "numerator and denominator are swapped: (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t)": lambda: (
            beta * spread[t] / prior
        ),
        "this is the variance of q(x_{t-1} | x_0)": lambda: prior,
    }
    of_mean: Mistakes = {
        "the weights of x_0 and x_t are swapped": lambda: (
            (posterior * np.sqrt(1 - beta) / beta)[:, None] * x0 + (posterior / prior * scale[t - 1])[:, None] * xt
        ),
        "x_0's weight uses alpha_bar_t; it is that of t - 1": lambda: (
            (posterior * np.sqrt(1 - beta) / beta)[:, None] * xt + (scale[t] * beta / spread[t])[:, None] * x0
        ),
    }
    agrees(variance, posterior, "variance of q(x_{t-1} | x_t, x_0)", mistakes=of_variance, oracle="Bayes' rule")
    agrees(mean, expected, "mean of q(x_{t-1} | x_t, x_0)", mistakes=of_mean, atol=1e-9, oracle="Bayes' rule")


@Q
@given(seed=seeds(), T=LENGTHS)
def test_forward_posterior_at_the_first_step(submission: Submission, seed: int, T: int) -> None:
    """At t = 1 the posterior is the point x_0: variance 0.

    Rung: pathwise, for every x_1 and x_0.
    """
    rng, betas = np.random.default_rng(seed), schedule(seed, T)
    x0, xt, t = rng.normal(size=(2, D)), rng.normal(size=(2, D)), np.array([1, 1])
    mean, variance = pair(submission.diffusion.forward_posterior(xt, x0, t, betas), "forward_posterior", len(t))
    spread, first = steps(betas)[1], np.zeros(2)
    mistakes: Mistakes = {
        "alpha_bar_0 is 1: index -1 reads the last step for t - 1 = 0": lambda: (
            first + spread[T] / spread[1] * betas[0]
        ),
        "this is beta_1; that is a choice for the variance of the model's first step": lambda: first + betas[0],
        "this is the variance at t = 2, which published code takes here for its logarithm": lambda: (
            first + spread[1] / spread[2] * betas[1]
        ),
    }
    agrees(variance, first, "variance at t = 1", mistakes=mistakes, atol=1e-12, oracle="q(x_0 | x_1, x_0) is a point")
    agrees(mean, x0, "mean at t = 1", atol=1e-9, oracle="x_0")


@Q
@given(seed=seeds(), T=LENGTHS)
def test_each_term(submission: Submission, seed: int, T: int) -> None:
    """L_T and L_{t-1} are KL divergences from q to p, L_0 is -log p(x_0 | x_1), each summed over coordinates.

    Rung: pathwise, for every chain x_{1:T}.
    """
    c = chain(seed, T)
    L_T, L, L_0 = c.terms(submission)
    scale, spread = steps(c.betas)
    check_kl(L_T, normal(scale[T] * c.x0, spread[T]), normal(0 * c.x0, 1.0), "L_T")
    for t in range(2, T + 1):
        beta, prior = c.betas[t - 1], spread[t - 1]
        variance = 1 / ((1 - beta) / beta + 1 / prior)
        mean = variance * (np.sqrt(1 - beta) / beta * c.x[t - 1] + scale[t - 1] / prior * c.x0)
        others = {
            "the variance of q(x_{t-1} | x_t, x_0) is taken to be beta_t": normal(mean, beta),
            "q(x_{t-1} | x_0) stands for q(x_{t-1} | x_t, x_0)": normal(scale[t - 1] * c.x0, prior),
        }
        check_kl(L[t - 2], normal(mean, variance), normal(c.mean[t - 1], c.v[t - 1]), f"L_{t - 1} (t = {t})", others)
    check_first(L_0, c)


@Q
@given(seed=seeds(), T=LENGTHS)
def test_sum_is_the_negative_elbo(submission: Submission, seed: int, T: int) -> None:
    """E[L_T + Σ L_{t-1} + L_0] is E_q[log q(x_{1:T} | x_0) - log p(x_{0:T})], and not below -log p(x_0).

    Rung: exact expectation, by cubature: single chains do not add up to the negative ELBO, only their mean does.
    """
    c = chain(seed, T, cubature=True)
    L_T, L, L_0 = c.terms(submission)
    total = float((L_T + L.sum(0) + L_0).mean())
    agrees(total, negative_elbo(c), "expected sum of the terms", atol=1e-8, oracle="its definition")
    mean, variance = np.zeros(D), 1.0
    for t in range(T, 0, -1):
        mean, variance = c.a[t - 1] * mean + c.b[t - 1], c.a[t - 1] ** 2 * variance + c.v[t - 1]
    nll = 0.5 * (np.sum((c.x0[0] - mean) ** 2) / variance + D * np.log(2 * np.pi * variance))
    claim(total >= nll - 1e-8, f"the negative ELBO {total:.8g} is below -log p(x_0) = {nll:.8g}")


@Q
@given(seed=seeds(), T=LENGTHS)
def test_simple_loss(submission: Submission, seed: int, T: int) -> None:
    """‖ε - ε_θ(x_t, t)‖² of each row, at x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε.

    Rung: pathwise, at the same noise.
    """
    rng = np.random.default_rng(seed)
    betas, t, x0, eps, model = simple_case(rng, seed, T)
    found = array(submission.diffusion.simple_loss(x0, eps, t, model, betas), (5,), "simple_loss")
    scale, spread = steps(betas)

    def squared_error(on_x0: Array, on_noise: Array, weight: Array = model[0], bias: float = 1.0) -> Array:
        x_t = on_x0[:, None] * x0 + on_noise[:, None] * eps
        prediction = np.einsum("bij,bj->bi", weight[t - 1], x_t) + bias * model[1][t - 1]
        return ((eps - prediction) ** 2).sum(1)

    expected = squared_error(scale[t], np.sqrt(spread[t]))
    mistakes: Mistakes = {
        "averaged over coordinates; it is a sum": lambda: expected / D,
        "x_t has the noise multiplied by the variance; it is the standard deviation": lambda: squared_error(
            scale[t], spread[t]
        ),
        "x_t has alpha_bar without its square root": lambda: squared_error(scale[t] ** 2, np.sqrt(spread[t])),
        "alpha_t is used for alpha_bar_t": lambda: squared_error(np.sqrt(1 - betas[t - 1]), np.sqrt(betas[t - 1])),
        "one half is added": lambda: expected / 2,
        "the bias of the model is not used": lambda: squared_error(scale[t], np.sqrt(spread[t]), bias=0.0),
        "the model's weight is transposed: it predicts weight[t - 1] @ x_t": lambda: squared_error(
            scale[t], np.sqrt(spread[t]), weight=model[0].swapaxes(1, 2)
        ),
        "the sign of the noise: x_t has + sqrt(1 - alpha_bar_t) eps": lambda: squared_error(
            scale[t], -np.sqrt(spread[t])
        ),
        "the noise has the standard deviation of one step, sqrt(beta_t)": lambda: squared_error(
            scale[t], np.sqrt(betas[t - 1])
        ),
        "x_t is that of t - 1": lambda: squared_error(scale[t - 1], np.sqrt(spread[t - 1])),
        "signal and noise are exchanged in x_t": lambda: squared_error(np.sqrt(spread[t]), scale[t]),
        "averaged over the batch; one value a row is asked for": lambda: np.full(5, expected.mean()),
    }
    agrees(found, expected, "simple_loss", mistakes=mistakes, oracle="its definition")


def simple_case(rng: np.random.Generator, seed: int, T: int) -> tuple[Array, Array, Array, Array, tuple[Array, Array]]:
    """Schedule, steps, data, noise and a linear predictor of the noise."""
    t = np.r_[1, T, rng.integers(1, T + 1, 3)]
    model = rng.normal(size=(T, D, D)) * 0.5, rng.normal(size=(T, D)) * 0.3
    return schedule(seed, T), t, rng.normal(size=(5, D)), rng.normal(size=(5, D)), model


@Q
@given(seed=seeds(), T=LENGTHS)
def test_simple_loss_against_the_bound(submission: Submission, seed: int, T: int) -> None:
    """Times β_t² / (2 σ_t² α_t (1-ᾱ_t)) it is what predicted noise adds to L_{t-1}, for every draw and t > 1.

    Rung: pathwise, at the same noise.
    """
    rng = np.random.default_rng(seed)
    c = chain(seed, T)
    scale, spread = steps(c.betas)
    weight, bias = rng.normal(size=(T, D, D)) * 0.5, rng.normal(size=(T, D)) * 0.3
    t = int(rng.integers(2, T + 1))
    eps = (c.x[t - 1] - scale[t] * c.x0) / np.sqrt(spread[t])
    predicted = c.x[t - 1] @ weight[t - 1].T + bias[t - 1]
    with_error, without = (L_at(submission, c, t, reverse_mean(c, t, noise)) for noise in (predicted, eps))
    steps_of = np.full(len(eps), t)
    loss = array(
        submission.diffusion.simple_loss(c.x0, eps, steps_of, (weight, bias), c.betas), (len(eps),), "simple_loss"
    )
    beta = c.betas[t - 1]
    factor = beta**2 / (2 * c.v[t - 1] * (1 - beta) * spread[t])
    agrees(
        factor * loss,
        with_error - without,
        "weighted simple_loss",
        atol=1e-6 * (np.abs(with_error) + np.abs(without)),
        oracle="your L_{t-1} with predicted and with true noise",
    )


def reverse_mean(c: Chain, t: int, noise: Array) -> Array:
    """μ = (x_t - β_t / √(1-ᾱ_t) noise) / √α_t."""
    beta, spread = c.betas[t - 1], steps(c.betas)[1][t]
    return (c.x[t - 1] - beta / np.sqrt(spread) * noise) / np.sqrt(1 - beta)


def L_at(submission: Submission, c: Chain, t: int, mean: Array) -> Array:
    """The submission's L_{t-1} where the reverse mean at step t is `mean`."""
    means = c.mean.copy()
    means[t - 1] = mean
    value = submission.diffusion.bound_terms(c.x0, c.x, means, c.v, c.betas)
    return array(value[1], (len(c.betas) - 1, len(c.x0)), "L")[t - 2]
