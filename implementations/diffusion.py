"""The denoising diffusion bound, term by term.

    q(x_t | x_{t-1}) = N(√(1-β_t) x_{t-1}, β_t I),  t = 1..T;   p(x_T) = N(0, I),   p(x_{t-1} | x_t) = N(μ, σ² I)

    -ELBO = E_q[ L_T + Σ_{t=2..T} L_{t-1} + L_0 ]
    L_T     = KL(q(x_T | x_0) ‖ p(x_T))                    expectation over x_0
    L_{t-1} = KL(q(x_{t-1} | x_t, x_0) ‖ p(x_{t-1} | x_t))  over x_0 and x_t
    L_0     = -log p(x_0 | x_1)                             over x_0 and x_1

α_t = 1 - β_t, ᾱ_t = Π_{s≤t} α_s, ᾱ_0 = 1.  `betas[t - 1]` is β_t.  Ho, Jain, Abbeel 2020, eqs. 2-7, 12 and 14.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

LOG_TWO_PI = math.log(2 * math.pi)


def alpha_bars(betas: Float[Tensor, " T"]) -> Float[Tensor, " T_plus_1"]:
    """ᾱ_0 = 1, ᾱ_1, ..., ᾱ_T."""
    return torch.cat([torch.ones_like(betas[:1]), torch.cumprod(1 - betas, 0)])


def noise_variances(betas: Float[Tensor, " T"]) -> Float[Tensor, " T_plus_1"]:
    """1 - ᾱ_0 = 0, 1 - ᾱ_1, ..., 1 - ᾱ_T, without the cancellation of small β."""
    return torch.cat([torch.zeros_like(betas[:1]), -torch.expm1(torch.cumsum(torch.log1p(-betas), 0))])


def forward_marginal(
    x0: Float[Tensor, "B D"], t: Int[Tensor, " B"], betas: Float[Tensor, " T"]
) -> tuple[Float[Tensor, "B D"], Float[Tensor, " B"]]:
    """Mean √ᾱ_t x_0 and variance 1 - ᾱ_t of q(x_t | x_0), eq. 4; t from 0 to T."""
    return alpha_bars(betas)[t].sqrt().unsqueeze(-1) * x0, noise_variances(betas)[t]


def forward_posterior(
    x_t: Float[Tensor, "B D"], x_0: Float[Tensor, "B D"], t: Int[Tensor, " B"], betas: Float[Tensor, " T"]
) -> tuple[Float[Tensor, "B D"], Float[Tensor, " B"]]:
    """Mean and variance of q(x_{t-1} | x_t, x_0), eqs. 6-7, t from 1 to T.

        μ̃ = [√ᾱ_{t-1} β_t x_0 + √α_t (1 - ᾱ_{t-1}) x_t] / (1 - ᾱ_t),   β̃ = β_t (1 - ᾱ_{t-1}) / (1 - ᾱ_t)

    At t = 1 it is the point x_0: mean x_0, variance 0.
    """
    beta, before, after = betas[t - 1], noise_variances(betas)[t - 1], noise_variances(betas)[t]
    on_x0 = alpha_bars(betas)[t - 1].sqrt() * beta / after
    on_xt = (1 - beta).sqrt() * before / after
    return on_x0.unsqueeze(-1) * x_0 + on_xt.unsqueeze(-1) * x_t, beta * before / after


def bound_terms(
    x0: Float[Tensor, "B D"],
    x: Float[Tensor, "T B D"],
    mean: Float[Tensor, "T B D"],
    variance: Float[Tensor, " T"],
    betas: Float[Tensor, " T"],
) -> tuple[Float[Tensor, " B"], Float[Tensor, "T_minus_1 B"], Float[Tensor, " B"]]:
    """(L_T, [L_1, ..., L_{T-1}], L_0) in nats, one column a data point.

    `x[t - 1]` is x_t; `mean[t - 1]` and `variance[t - 1]` are those of p(x_{t-1} | x_t), evaluated at that x_t.
    """
    T, B, _ = x.shape
    last = torch.full((B,), T, device=x.device)
    L_T = gaussian_kl(*forward_marginal(x0, last, betas), torch.zeros_like(x0), torch.ones_like(betas[last - 1]))
    L = [
        gaussian_kl(*forward_posterior(x[t - 1], x0, torch.full_like(last, t), betas), mean[t - 1], variance[t - 1])
        for t in range(2, T + 1)
    ]
    L_0 = 0.5 * ((x0 - mean[0]).square() / variance[0] + variance[0].log() + LOG_TWO_PI).sum(-1)
    return L_T, torch.stack(L) if L else x.new_zeros((0, B)), L_0


def gaussian_kl(
    mean: Float[Tensor, "B D"],
    variance: Float[Tensor, " B"],
    other_mean: Float[Tensor, "B D"],
    other_variance: Float[Tensor, "*B"],
) -> Float[Tensor, " B"]:
    """KL(N(mean, variance I) ‖ N(other_mean, other_variance I)) in nats."""
    ratio = variance / other_variance
    distance = (mean - other_mean).square().sum(-1) / other_variance
    return 0.5 * (distance + mean.shape[-1] * (ratio - 1 - ratio.log()))


def simple_loss(
    x0: Float[Tensor, "B D"],
    eps: Float[Tensor, "B D"],
    t: Int[Tensor, " B"],
    eps_model: tuple[Float[Tensor, "T D D"], Float[Tensor, "T D"]],
    betas: Float[Tensor, " T"],
) -> Float[Tensor, " B"]:
    """‖ε - ε_θ(x_t, t)‖² at x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε, one value a row (eq. 14 before its expectation).

    `eps_model` = (weight, bias) is the linear predictor ε_θ(x_t, t) = weight[t - 1] x_t + bias[t - 1].
    """
    mean, variance = forward_marginal(x0, t, betas)
    x_t = mean + variance.sqrt().unsqueeze(-1) * eps
    weight, bias = eps_model
    prediction = torch.einsum("bij,bj->bi", weight[t - 1], x_t) + bias[t - 1]
    return (eps - prediction).square().sum(-1)


def simple_loss_weight(
    t: Int[Tensor, " B"], variance: Float[Tensor, " T"], betas: Float[Tensor, " T"]
) -> Float[Tensor, " B"]:
    """β_t² / (2 σ_t² α_t (1 - ᾱ_t)): what `simple_loss` leaves off L_{t-1}, eq. 12, t from 2 to T."""
    beta = betas[t - 1]
    return beta.square() / (2 * variance[t - 1] * (1 - beta) * noise_variances(betas)[t])


def reverse_mean(
    x_t: Float[Tensor, "B D"], eps: Float[Tensor, "B D"], t: Int[Tensor, " B"], betas: Float[Tensor, " T"]
) -> Float[Tensor, "B D"]:
    """μ_θ = (x_t - β_t / √(1-ᾱ_t) ε_θ) / √α_t, the mean of p(x_{t-1} | x_t) that predicted noise gives, eq. 11."""
    beta = betas[t - 1]
    scale = beta / noise_variances(betas)[t].sqrt()
    return (x_t - scale.unsqueeze(-1) * eps) / (1 - beta).sqrt().unsqueeze(-1)
