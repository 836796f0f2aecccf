"""Mistakes in the marginals and posteriors of the forward chain (question 4.1.26)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from implementations import diffusion as reference
from tests.suite.corpus import target

marginal = target("4.1.26", "diffusion.forward_marginal")
posterior = target("4.1.26", "diffusion.forward_posterior")


def bars(betas: Tensor) -> Tensor:
    """ᾱ_0 = 1 to ᾱ_T."""
    return reference.alpha_bars(betas)


# -- q(x_t | x_0) -----------------------------------------------------------------------------------------------------

marginal.wrong(
    "ᾱ without its root",
    "The mean is √ᾱ_t x_0.",
    lambda x0, t, betas: (bars(betas)[t].unsqueeze(-1) * x0, 1 - bars(betas)[t]),
)
marginal.wrong(
    "α_t for ᾱ_t",
    "ᾱ_t is the product of α_1 to α_t; this is one step only.",
    lambda x0, t, betas: ((1 - betas[t - 1]).sqrt().unsqueeze(-1) * x0, betas[t - 1]),
)
marginal.wrong(
    "the standard deviation for the variance",
    "The variance is 1 - ᾱ_t; this is its square root.",
    lambda x0, t, betas: (reference.forward_marginal(x0, t, betas)[0], (1 - bars(betas)[t]).sqrt()),
)
marginal.wrong(
    "one step behind",
    "betas[t - 1] is the variance of step t: ᾱ_t has t factors.",
    lambda x0, t, betas: reference.forward_marginal(x0, t - 1, betas),
)
marginal.wrong(
    "one step ahead",
    "betas[t - 1] is the variance of step t: ᾱ_t has t factors, not t + 1.",
    lambda x0, t, betas: reference.forward_marginal(x0, (t + 1).clamp(max=len(betas)), betas),
)
marginal.wrong(
    "β for α",
    "ᾱ_t is the product of 1 - β_s, not of β_s.",
    lambda x0, t, betas: (
        torch.cumprod(betas, 0)[t - 1].sqrt().unsqueeze(-1) * x0,
        1 - torch.cumprod(betas, 0)[t - 1],
    ),
)
marginal.wrong(
    "the variances are added up",
    "Each step also shrinks the noise of the steps before: the variance is 1 - ᾱ_t, not Σ β.",
    lambda x0, t, betas: (reference.forward_marginal(x0, t, betas)[0], torch.cumsum(betas, 0)[t - 1]),
)
marginal.wrong(
    "√(1 - ᾱ_t) x_0",
    "The mean is √ᾱ_t x_0; signal and noise are exchanged.",
    lambda x0, t, betas: ((1 - bars(betas)[t]).sqrt().unsqueeze(-1) * x0, bars(betas)[t]),
)

# -- q(x_{t-1} | x_t, x_0) --------------------------------------------------------------------------------------------


def with_posterior(on_x0: Any = None, on_xt: Any = None, variance: Any = None) -> Any:
    """The posterior with some of its three coefficients replaced; each a function of (β, α, ᾱ_{t-1}, ᾱ_t)."""
    right = (
        lambda b, a, before, after: before.sqrt() * b / (1 - after),
        lambda b, a, before, after: a.sqrt() * (1 - before) / (1 - after),
        lambda b, a, before, after: b * (1 - before) / (1 - after),
    )
    chosen = [given or own for given, own in zip((on_x0, on_xt, variance), right, strict=True)]

    def wrong(x_t: Tensor, x_0: Tensor, t: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
        known = betas[t - 1], 1 - betas[t - 1], bars(betas)[t - 1], bars(betas)[t]
        first, second, third = (coefficient(*known) for coefficient in chosen)
        return first.unsqueeze(-1) * x_0 + second.unsqueeze(-1) * x_t, third

    return wrong


posterior.wrong(
    "√ᾱ_t for √ᾱ_{t-1}",
    "The coefficient of x_0 is √ᾱ_{t-1} β_t/(1 - ᾱ_t).",
    with_posterior(on_x0=lambda b, a, before, after: after.sqrt() * b / (1 - after)),
)
posterior.wrong(
    "ᾱ_{t-1} without its root",
    "The coefficient of x_0 is √ᾱ_{t-1} β_t/(1 - ᾱ_t).",
    with_posterior(on_x0=lambda b, a, before, after: before * b / (1 - after)),
)
posterior.wrong(
    "α_t without its root",
    "The coefficient of x_t is √α_t (1 - ᾱ_{t-1})/(1 - ᾱ_t).",
    with_posterior(on_xt=lambda b, a, before, after: a * (1 - before) / (1 - after)),
)
posterior.wrong(
    "√ᾱ_t for √α_t",
    "The coefficient of x_t has √α_t, of one step.",
    with_posterior(on_xt=lambda b, a, before, after: after.sqrt() * (1 - before) / (1 - after)),
)
posterior.wrong(
    "the variance β_t",
    "β̃_t = β_t (1 - ᾱ_{t-1})/(1 - ᾱ_t); β_t is a choice for the model's variance.",
    with_posterior(variance=lambda b, a, before, after: b),
)
posterior.wrong(
    "the ratio upside down",
    "β̃_t = β_t (1 - ᾱ_{t-1})/(1 - ᾱ_t) is smaller than β_t.",
    with_posterior(variance=lambda b, a, before, after: b * (1 - after) / (1 - before).clamp(min=1e-12)),
)
posterior.wrong(
    "the standard deviation",
    "The variance is asked for.",
    with_posterior(variance=lambda b, a, before, after: (b * (1 - before) / (1 - after)).sqrt()),
)
posterior.wrong(
    "a floor under the variance",
    "At t = 1 the variance is 0: x_0 is known.",
    with_posterior(variance=lambda b, a, before, after: (b * (1 - before) / (1 - after)).clamp(min=1e-4)),
)
posterior.wrong(
    "x_0 and x_t are exchanged",
    "Close to the data, x_0 has the larger coefficient.",
    lambda x_t, x_0, t, betas: reference.forward_posterior(x_0, x_t, t, betas),
)


def clipped(x_t: Tensor, x_0: Tensor, t: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
    second = torch.clamp(t, min=min(2, len(betas)))
    return reference.forward_posterior(x_t, x_0, t, betas)[0], reference.forward_posterior(x_t, x_0, second, betas)[1]


posterior.wrong(
    "the first variance is that of the second step",
    "Published code does so to take a logarithm, but q(x_0 | x_1, x_0) has variance 0.",
    clipped,
)
