"""The estimators beyond the assignment: each one's mean is the exact gradient, by enumeration or quadrature."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch

from grading.submission.network import Network
from implementations import doubly_reparameterized, iwae, leave_one_out, resampled_iwae, vae, vimco
from tests import autoencoders as ae
from tests.quadrature import normal_nodes

Array = np.ndarray


def case(K: int, n: int = 30) -> tuple[Network, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A model with one latent variable, away from its posterior, and every combination of K quadrature nodes."""
    rng = np.random.default_rng(5)
    model = ae.affine_model(rng, latent=1, log_var=-0.4, shift=0.5)
    node, weight = normal_nodes(0.0, 1.0, n)
    index = np.array(list(itertools.product(range(n), repeat=K)))
    x = np.repeat(rng.random((1, 4)), len(index), axis=0)
    eps = torch.from_numpy(node[index][:, :, None])
    return Network(model), torch.from_numpy(x), eps, torch.from_numpy(weight[index].prod(1))


def expected_gradient(loss: Callable[..., torch.Tensor], K: int) -> dict[str, Array]:
    """The quadrature of a loss's gradient; the batch mean is replaced by the quadrature's weights."""
    network, x, eps, weight = case(K)
    kept = [i for i in range(len(eps)) if float(weight[i]) > 1e-9]
    parts = [weight[i] * loss(x[i : i + 1], network, eps[i : i + 1]) for i in kept]
    return ae.gradient(torch.stack(parts).sum(), network)


def exact_gradient(K: int) -> dict[str, Array]:
    """The gradient of the quadrature of -L_K: the reparameterized bound is smooth, so both orders agree."""
    network, x, eps, weight = case(K)
    return ae.gradient(-(weight * iwae.bound(iwae.log_weights(x, network, eps))).sum(), network)


@pytest.mark.parametrize("K", [1, 2])
def test_doubly_reparameterized_gradient_is_unbiased(K: int) -> None:
    """E[DReG] is the gradient of L_K, in the encoder and in the decoder."""
    found, exact = expected_gradient(doubly_reparameterized.loss, K), exact_gradient(K)
    for name, value in exact.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_path_derivative_of_the_iwae_is_biased() -> None:
    """The weights that DReG squares, left as they are, give another mean for K = 2: the check can fail."""

    def sticking_the_landing(x: torch.Tensor, model: Network, eps: torch.Tensor) -> torch.Tensor:
        mean, log_var = model.encoder(x)
        z = iwae.reparameterize(mean, log_var, eps)
        q = torch.distributions.Normal(mean.detach()[:, None], torch.exp(log_var.detach() / 2)[:, None])
        logits = model.decoder(z)
        log_p = vae.log_bernoulli(x[:, None].expand_as(logits), logits) + vae.log_standard_normal(z)
        return -iwae.bound(log_p - q.log_prob(z).sum(-1)).mean()

    found, exact = expected_gradient(sticking_the_landing, 2), exact_gradient(2)
    name = "encoder.mean.bias"
    assert abs(found[name] - exact[name]).max() > 0.1 * abs(exact[name]).max()


@pytest.mark.parametrize("M", [1, 2, 3])
def test_resampled_gradient_is_unbiased(M: int) -> None:
    """Over the uniform u, the gradient through M resampled draws averages to the one through all K."""
    c = ae.random_case(3, K=5, B=1)
    network = ae.network_of(c)
    x, eps = torch.from_numpy(c.x), torch.from_numpy(c.eps)
    exact = ae.gradient(iwae.loss(x, network, eps), network)
    n = 4000
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n  # the estimator is piecewise constant in u
    rows = resampled_iwae.loss(x.expand(n, -1), network, eps.expand(n, -1, -1), u, M)
    found = ae.gradient(rows, network)
    for name, value in exact.items():
        scale = max(np.abs(each).max() for each in exact.values())
        np.testing.assert_allclose(found[name] / scale, value / scale, atol=5e-3, err_msg=name)
    assert float(rows.detach()) == pytest.approx(float(iwae.loss(x, network, eps).detach()))


def bernoulli_states(logits: Array, S: int) -> tuple[Array, Array, Array]:
    """All outcomes of S independent draws of three bits: bits (n, S, 3), probabilities (n,), scores (n, S, 3)."""
    single = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    probs = 1 / (1 + np.exp(-logits))
    density = np.prod(np.where(single == 1, probs, 1 - probs), axis=1)
    index = np.array(list(itertools.product(range(8), repeat=S)))
    bits = single[index]
    return bits, density[index].prod(1), bits - probs


def objective(bits: Array) -> Array:
    """log p(x, z) of every state, some function of the bits."""
    return np.sin(3 * bits[..., 0]) + bits[..., 1] * bits[..., 2] - 0.7 * bits[..., 2]


def log_q(bits: Array, logits: Array) -> Array:
    """log q of every state."""
    return (bits * logits - np.logaddexp(0, logits)).sum(-1)


def derivative(value: Callable[[Array], float], logits: Array, h: float = 1e-5) -> Array:
    """Central differences of an enumerated expectation."""
    return np.array([(value(logits + h * e) - value(logits - h * e)) / (2 * h) for e in np.eye(3)])


@pytest.mark.parametrize("S", [2, 3])
def test_leave_one_out_is_unbiased_and_is_vargrad(S: int) -> None:
    """The mean of the rows is the ELBO's gradient by enumeration, and minus the log-variance loss's gradient."""
    logits = np.array([0.3, -0.8, 1.1])
    bits, probability, scores = bernoulli_states(logits, S)
    f = objective(bits) - log_q(bits, logits)
    rows = np.stack([leave_one_out.gradient_draws(f[i], scores[i]).mean(0) for i in range(len(f))])

    def elbo(at: Array) -> float:
        one, density, _ = bernoulli_states(at, 1)
        return float(density @ (objective(one[:, 0]) - log_q(one[:, 0], at)))

    np.testing.assert_allclose(probability @ rows, derivative(elbo, logits), atol=1e-8)
    draw = bits[7]
    of_logits = derivative(lambda at: leave_one_out.log_variance_loss(objective(draw) - log_q(draw, at)), logits)
    np.testing.assert_allclose(of_logits, -leave_one_out.gradient_draws(f[7], scores[7]).mean(0), atol=1e-8)


@pytest.mark.parametrize("K", [2, 3])
def test_vimco_is_unbiased(K: int) -> None:
    """The mean over all outcomes is the gradient of L_K by enumeration."""
    logits = np.array([0.3, -0.8, 1.1])
    bits, probability, scores = bernoulli_states(logits, K)
    rows = vimco.gradient_draws(objective(bits) - log_q(bits, logits), scores)

    def bound(at: Array) -> float:
        each, density, _ = bernoulli_states(at, K)
        return float(density @ np.log(np.exp(objective(each) - log_q(each, at)).mean(1)))

    np.testing.assert_allclose(probability @ rows, derivative(bound, logits), atol=1e-8)


def test_too_few_draws_are_refused() -> None:
    """Leave-one-out needs two."""
    with pytest.raises(ValueError, match="at least two"):
        leave_one_out.gradient_draws(np.zeros(1), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="at least two"):
        vimco.learning_signals(np.zeros((3, 1)))


def test_bfloat16_changes_the_bound_little() -> None:
    """With the course's networks, matrix products in bfloat16 move the mean bound by less than 0.1 %."""
    torch.manual_seed(0)
    model, x, eps = vae.VAE(), torch.rand(20, 784), torch.randn(20, 5, 200)
    exact = float(iwae.loss(x, model, eps).detach())
    with torch.autocast("cpu", torch.bfloat16):
        rounded = float(iwae.loss(x, model, eps).detach())
    assert abs(rounded - exact) < 1e-3 * exact
