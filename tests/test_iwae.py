"""4.2.27: the importance weighted autoencoder against its definition, by enumeration, quadrature and autodiff.

    L_K = E[log (1/K) Σ_k w_k],   ∇ of one draw of it = Σ_k w̃_k ∇ log w_k,  w̃ = w / Σ w

Densities are torch.distributions'; where log p(x) is known (an affine decoder) the bounds are too.
Burda, Grosse, Salakhutdinov 2016, eq. 8, Theorem 1, eqs. 13-14.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from grading.montecarlo import check_bound, rng_for
from grading.submission import Model, Submission
from grading.submission.network import Network
from grading.verdict.claims import array, claim, number
from tests import autoencoders as ae
from tests.gradient_parts import ATOL, RTOL, define, values
from tests.quadrature import normal_nodes
from tests.recognition import Mistakes, agrees
from tests.reparameterized import require_draw
from tests.strategies import seeds
from tests.weight_mistakes import wrong_log_weights

Array = np.ndarray
Q = pytest.mark.question("4.2.27")
DRAWS = st.sampled_from([2, 5, 1, 20])  # failing examples shrink to the first: one draw hides how draws are weighed


@Q
@given(seed=seeds(), K=DRAWS)
def test_k_draws(submission: Submission, seed: int, K: int) -> None:
    """z_k = mean + σ ε_k: K different draws from the same q for each row, on the middle axis, differentiable.

    Rung: pathwise, at the same noise.
    """
    rng = np.random.default_rng(seed)
    mean, log_var, eps = rng.normal(size=(3, 2)), rng.uniform(-3, 2, (3, 2)), rng.normal(size=(3, K, 2))
    m, sd = mean[:, None], np.exp(log_var / 2)[:, None]
    mistakes: Mistakes = {
        "all K draws of a row are the same": lambda: m + sd * eps[:, :1],
        "the draws are averaged": lambda: m + sd * eps.mean(1, keepdims=True),
        "rows are mixed up: each row has its own mean and log_var": lambda: m[::-1] + sd[::-1] * eps,
    }
    require_draw(submission.iwae.reparameterize, mean, log_var, eps, mistakes)


@Q
@given(seed=seeds(), K=DRAWS, log_var=st.sampled_from([0.0, -8.0, 8.0, -20.0, 20.0]))
def test_log_weights_of_each_draw(submission: Submission, seed: int, K: int, log_var: float) -> None:
    """log w_k = log p(x, z_k) - log q(z_k | x), shape (B, K), for narrow and wide q too.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed, K=K)
    case.model.log_var[1][:] += log_var
    log_w = array(submission.iwae.log_weights(*case.arguments), (len(case.x), K), "log_weights(x, model, eps)")
    terms = define(case)
    mistakes = wrong_log_weights(case, terms)
    agrees(log_w, values(terms.log_w), "log_weights", mistakes=mistakes, oracle="torch.distributions")


@Q
@given(seed=seeds(), K=DRAWS)
def test_loss_is_minus_the_bound(submission: Submission, seed: int, K: int) -> None:
    """The loss is -log (1/K) Σ_k w_k, averaged over the batch; for K = 1 it is the VAE's.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed, K=K)
    value = number(submission.iwae.loss(*case.arguments), "loss(x, model, eps)")
    log_w = values(define(case).log_w)
    expected = -(logsumexp(log_w, axis=1) - np.log(K)).mean()
    agrees(value, expected, "loss", mistakes=wrong_losses(log_w), oracle="-mean over rows of log (1/K) sum_k w_k")


def wrong_losses(log_w: Array) -> Mistakes:
    """Losses that known mistakes give."""
    B, K = log_w.shape
    bound = logsumexp(log_w, axis=1) - np.log(K)
    weights = np.exp(log_w - logsumexp(log_w, axis=1, keepdims=True))
    return {
        "-log K is missing: this is log of the sum, not of the mean, of the weights": lambda: (
            -(bound + np.log(K)).mean()
        ),
        "the mean is outside the logarithm: this is the ELBO averaged over K draws": lambda: -log_w.mean(),
        "summed over the batch; it is a mean": lambda: -bound.sum(),
        "the K axis and the batch axis are mixed up": lambda: -(logsumexp(log_w, axis=0) - np.log(B)).mean(),
        "the logsumexp runs over batch and draws together": lambda: -(logsumexp(log_w) - np.log(B * K)),
        "log B is taken away, of the batch; it is log K, of the draws": lambda: -(bound + np.log(K) - np.log(B)).mean(),
        "log K is added; log (1/K) is minus log K": lambda: -(bound + 2 * np.log(K)).mean(),
        "the largest log weight stands for the logarithm of the mean": lambda: -log_w.max(1).mean(),
        "summed over the draws": lambda: -log_w.sum(1).mean(),
        "the weights are inverted: logsumexp of -log w": lambda: (logsumexp(-log_w, axis=1) - np.log(K)).mean(),
        "the value is sum_k of normalised weight times log w; it is not the bound": lambda: (
            -(weights * log_w).sum(1).mean()
        ),
        "the value is sum_k of the squared normalised weight times log w, a surrogate of the doubly reparameterized "
        "gradient; it is not the bound": lambda: -(weights**2 * log_w).sum(1).mean(),
        "the sign is wrong: this is +L_K": lambda: bound.mean(),
    }


@Q
@given(seed=seeds(), K=DRAWS)
def test_gradient_weighs_each_draw(submission: Submission, seed: int, K: int) -> None:
    """The gradient is -Σ_k w̃_k ∇ log w_k averaged over the batch, in encoder and decoder.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed, K=K)
    network = ae.network_of(case)
    terms = ae.define(network, case)
    _, found = submission.iwae.loss.gradient(*case.arguments, wrt="model")
    right = ae.gradient(-(weights_of(terms) * terms.log_w).sum(1).mean(), network)
    for prefix in ("decoder.", "encoder."):
        agrees(
            array(ae.flat(found, prefix, right), ae.flat(right, prefix, right).shape, f"gradient in {prefix[:-1]}"),
            ae.flat(right, prefix, right),
            f"gradient of loss in {prefix[:-1]}",
            mistakes=wrong_gradients(terms, network, prefix, right),
            rtol=RTOL,
            atol=ATOL,
            oracle="autodiff of the densities, weighted by the normalised weights",
        )


PATH = "this is the path derivative (sticking the landing): for K > 1 its mean is not the gradient of the bound"
PATH_OF_ONE = (
    "the score term is missing: this is the path derivative (for one draw, the doubly reparameterized gradient)"
)
DOUBLY = "this is the doubly reparameterized gradient: unbiased, but not the gradient of this draw of the bound"
SQUARED = (
    "the normalised weights are squared in the decoder: the doubly reparameterized gradient does so in the encoder only"
)


def weights_of(terms: ae.Terms) -> torch.Tensor:
    """w̃ as constants, (B, K)."""
    return torch.softmax(terms.log_w.detach(), dim=1)


def wrong_gradients(terms: ae.Terms, network: Network, prefix: str, like: dict[str, Array]) -> Mistakes:
    """Gradients of known mistakes, and of other estimators."""
    w = weights_of(terms)
    wrong: dict[str, Callable[[], torch.Tensor]] = {
        "no gradient reaches these parameters": lambda: 0 * terms.log_w,
        PATH if w.shape[1] > 1 else PATH_OF_ONE: lambda: w * terms.log_w_path,
        SQUARED if prefix == "decoder." else DOUBLY: lambda: w.square() * terms.log_w_path,
        "every draw has weight 1/K: this is the gradient of the ELBO": lambda: terms.log_w / w.shape[1],
        "z is detached": lambda: -w * terms.log_q_score,
        "summed over the batch; it is a mean": lambda: len(w) * w * terms.log_w,
        "the weights are differentiated too: this is the gradient of sum_k w_k log w_k, normalised": lambda: (
            torch.softmax(terms.log_w, dim=1) * terms.log_w
        ),
        "the sign is wrong: a loss goes down where the bound goes up": lambda: -w * terms.log_w,
    }

    def lazily(value: Callable[[], torch.Tensor]) -> Callable[[], Array]:
        return lambda: ae.flat(ae.gradient(-value().sum(1).mean(), network), prefix, like)

    return {name: lazily(value) for name, value in wrong.items()}


@Q
@given(seed=seeds())
def test_expected_bounds_are_ordered(submission: Submission, seed: int) -> None:
    """L_1 ≤ L_2 ≤ L_3 ≤ log p(x), by Gauss-Hermite quadrature where log p(x) is known.

    Rung: exact expectation, by quadrature: single draws of the bounds lie on either side of log p(x).
    """
    rng = np.random.default_rng(seed)
    model = ae.affine_model(rng, latent=1, log_var=rng.uniform(-0.3, 0.3), shift=rng.uniform(0.3, 0.8))
    x = rng.random((1, 4))
    bounds = [expected_bound(submission, model, x, K) for K in (1, 2, 3)]
    log_p = ae.log_evidence(model, x)[0]
    shown = ", ".join(f"L_{K} = {bound:.6f}" for K, bound in enumerate(bounds, start=1))
    for smaller, larger in itertools.pairwise([*bounds, log_p]):
        claim(smaller <= larger + 1e-6, f"the order L_1 <= L_2 <= L_3 <= log p(x) = {log_p:.6f} fails: {shown}")
    kl = log_p - bounds[0]
    claim(bounds[2] > bounds[0] + 1e-3 * kl, f"the bound does not rise with K: {shown}, log p(x) = {log_p:.6f}")


def expected_bound(submission: Submission, model: Model, x: Array, K: int, n: int = 12) -> float:
    """E over K independent draws of minus the loss of one row: every combination of quadrature nodes."""
    node, weight = normal_nodes(0.0, 1.0, n)
    index = np.array(list(itertools.combinations_with_replacement(range(n), K)))
    orders = np.array([len(set(itertools.permutations(row))) for row in index.tolist()])
    probability = orders * weight[index].prod(1)
    eps = node[index][:, :, None]
    log_w = array(
        submission.iwae.log_weights(np.repeat(x, len(eps), 0), model, eps), (len(eps), K), "log_weights(x, model, eps)"
    )
    return float(probability @ (logsumexp(log_w, axis=1) - np.log(K)))


@Q
@given(seed=seeds())
def test_more_draws_are_tighter_on_average(submission: Submission, seed: int) -> None:
    """For every draw: L_K ≥ mean of the bounds that leave one of the K out, and ≥ the mean of log w (Jensen).

    Rung: pathwise: by Jensen's inequality it holds for every draw.
    """
    case = ae.random_case(seed, K=5, B=1)
    x, model, eps = case.arguments
    losses = {"all": number(submission.iwae.loss(x, model, eps), "loss(x, model, eps)")}
    without = [number(submission.iwae.loss(x, model, np.delete(eps, k, axis=1)), "loss") for k in range(5)]
    single = [number(submission.iwae.loss(x, model, eps[:, k : k + 1]), "loss") for k in range(5)]
    slack = 1e-9 * (1 + abs(losses["all"]))
    claim(losses["all"] <= np.mean(without) + slack, "the loss with 5 draws exceeds the mean of those with 4 of them")
    claim(np.mean(without) <= np.mean(single) + slack, "the loss with 4 draws exceeds the mean of those with 1")


@Q
def test_never_above_the_log_evidence(submission: Submission, seed: int) -> None:
    """E[exp L_50] = p(x) where p(x) is known: a bound that is systematically above log p(x) is found.

    Rung: Monte Carlo, because the mean over 50 draws is an integral in 50 dimensions and single draws exceed log p(x).
    Correct work fails with probability at most 1e-11; an average weight that is too large by 0.05 nats is found with
    probability 1 - 1e-06.
    """
    rng = rng_for(seed, "4.2.27", "never_above_the_log_evidence")
    model, K = ae.affine_model(rng, latent=1, log_var=0.2, shift=0.4), 50
    x = rng.random((1, 4))

    def draw(n: int, rng: np.random.Generator) -> Array:
        eps = rng.normal(size=(n, K, 1))
        log_w = submission.iwae.log_weights(np.repeat(x, n, axis=0), model, eps)
        log_w = array(log_w, (n, K), "log_weights(x, model, eps)")
        bound = -number(submission.iwae.loss(x, model, eps[:1]), "loss(x, model, eps)")
        claim(abs(bound - (logsumexp(log_w[0]) - np.log(K))) < 1e-6 * (1 + abs(bound)), "loss and log_weights disagree")
        return logsumexp(log_w, axis=1) - np.log(K)

    # For q = N(a + δ, s²) and posterior N(a, 1): E[(w/p)²] of one draw, in closed form.
    s2, delta = np.exp(0.2), 0.4
    single = np.sqrt(s2) / np.sqrt(2 - 1 / s2) * np.exp(delta**2 / (2 * s2 - 1))
    second_moment = 1 + (single - 1) / K
    log_p = float(ae.log_evidence(model, x)[0])
    check_bound(draw, log_evidence=log_p, second_moment=second_moment, rng=rng).require(
        "The K-sample bound lies above log p(x)."
    )


@Q
@settings(max_examples=10)  # a loop over 1000 draws is slow, and right
@given(seed=seeds(), K=st.sampled_from([50, 1000, 1]), size=st.sampled_from([300.0, 3000.0]))
def test_log_weights_of_real_size(submission: Submission, seed: int, K: int, size: float) -> None:
    """In float32, with log weights of minus hundreds to thousands, the loss is finite and right.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed, K=K, B=2)
    weight, _ = case.model.decoder[-1]
    case.model.decoder[-1] = weight * 3, np.where(case.x.mean(0) > 0.5, -size, size) / 2
    single = ae.cast(case, np.float32)
    value, found = submission.iwae.loss.gradient(*single.arguments, wrt="model")
    log_w = values(define(single).log_w)
    expected = -(logsumexp(log_w, axis=1) - np.log(K)).mean()
    if not np.isfinite(value).all():
        claim(False, f"loss is {value} for log weights near {log_w.mean():.0f}", mistake=OVERFLOW)
    agrees(number(value, "loss"), expected, "loss", rtol=1e-4, mistakes=wrong_losses(log_w), oracle="in float64")
    for name, each in found.items():
        if each is not None:
            claim(np.isfinite(each).all(), f"the gradient in {name} is not finite", mistake=OVERFLOW)


OVERFLOW = "the weights are exponentiated: use logsumexp of log w, and logits for log p(x | z)"
