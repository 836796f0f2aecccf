"""Log densities from torch.distributions, and their derivatives by automatic differentiation: the oracles.

Nothing here is derived: each function states the model of the assignment in the library's words. Values are
float64; Gamma is shape–rate unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch.distributions import Gamma, Normal

from tests.quadrature import gamma_nodes, normal_gamma_nodes

Tensor = torch.Tensor


def tensor(value: object) -> Tensor:
    """A float64 tensor."""
    return torch.as_tensor(np.asarray(value, dtype=float))


def log_likelihood(x: Tensor, mu: Tensor, tau: Tensor) -> Tensor:
    """log p(x | mu, tau) at each draw."""
    return Normal(mu[:, None], tau[:, None].rsqrt()).log_prob(x).sum(dim=1)


def log_prior(mu: Tensor, tau: Tensor, prior: tuple[float, ...]) -> Tensor:
    """log p(mu, tau) = log N(mu; mu_0, 1/(lambda_0 tau)) + log Gamma(tau; a_0, b_0)."""
    mu_0, lambda_0, a_0, b_0 = tensor(prior)
    return Normal(mu_0, (lambda_0 * tau).rsqrt()).log_prob(mu) + Gamma(a_0, b_0).log_prob(tau)


def log_q(mu: Tensor, tau: Tensor, q: Tensor) -> Tensor:
    """log q(mu, tau) = log N(mu; mu_N, 1/lambda_N) + log Gamma(tau; a_N, b_N)."""
    mu_N, lambda_N, a_N, b_N = q
    return Normal(mu_N, lambda_N.rsqrt()).log_prob(mu) + Gamma(a_N, b_N).log_prob(tau)


def score(mu: np.ndarray, tau: np.ndarray, q: tuple[float, ...]) -> Float[np.ndarray, "S 4"]:
    """grad_q log q at each draw, by automatic differentiation of one copy of q a draw."""
    copies = tensor(q)[:, None].repeat(1, len(mu)).requires_grad_()
    log_q(tensor(mu), tensor(tau), copies).sum().backward()
    return copies.grad.numpy().T  # type: ignore[union-attr]


def elbo(x: np.ndarray, prior: tuple[float, ...], q: tuple[float, ...]) -> tuple[float, np.ndarray, float]:
    """E_q[log p(x, mu, tau) - log q(mu, tau)] by quadrature, its gradient in q, and E_q|log p - log q|.

    The nodes stay where they are and their weights move with q, so that differentiating the sum is
    differentiating the integral.
    """
    mu, tau, weight = (tensor(each) for each in normal_gamma_nodes(q))
    at = tensor(q).requires_grad_()
    log_density = log_q(mu, tau, at)
    moving = weight * (log_density - log_density.detach()).exp()
    ratio = log_likelihood(tensor(x), mu, tau) + log_prior(mu, tau, prior) - log_density
    value = moving @ ratio
    value.backward()
    return value.item(), at.grad.numpy(), (weight @ ratio.abs()).item()  # type: ignore[union-attr]


def gamma_log_density(x: Tensor, theta: Tensor) -> Tensor:
    """log p(x | alpha, beta) of the Gamma with shape alpha and SCALE beta, theta = (alpha, beta)."""
    return Gamma(theta[0], 1 / theta[1]).log_prob(x)


def gamma_score(x: np.ndarray, theta: tuple[float, float]) -> Float[np.ndarray, "N 2"]:
    """grad log p(x_n | alpha, beta) in (shape, scale), one row a point."""
    copies = tensor(theta)[:, None].repeat(1, len(x)).requires_grad_()
    gamma_log_density(tensor(x), copies).sum().backward()
    return copies.grad.numpy().T  # type: ignore[union-attr]


def gamma_fisher(theta: tuple[float, float]) -> Float[np.ndarray, "2 2"]:
    """E[score scoreᵀ] in (shape, scale) by quadrature."""
    x, weight = gamma_nodes(theta[0], 1 / theta[1])
    rows = gamma_score(x, theta)
    return (weight[:, None] * rows).T @ rows


def gradient(function: Callable[[Tensor], Tensor], at: tuple[float, ...]) -> np.ndarray:
    """The gradient of a scalar torch function at a point."""
    point = tensor(at).requires_grad_()
    function(point).backward()
    return point.grad.numpy()  # type: ignore[union-attr]
