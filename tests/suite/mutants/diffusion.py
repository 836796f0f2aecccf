"""Mistakes in the diffusion bound and its pieces (question 4.1.26)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from implementations import diffusion as reference
from tests.suite.corpus import target

marginal = target("4.1.26", "diffusion.forward_marginal")
posterior = target("4.1.26", "diffusion.forward_posterior")
terms = target("4.1.26", "diffusion.bound_terms")
simple = target("4.1.26", "diffusion.simple_loss")


def bars(betas: Tensor) -> Tensor:
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

# -- the terms of the bound -------------------------------------------------------------------------------------------


def with_terms(change: Any) -> Any:
    """change(L_T, L, L_0, arguments) of the right terms."""
    return lambda *a: change(*reference.bound_terms(*a), a)


terms.wrong(
    "the sign of L_0",
    "L_0 = -log p(x_0 | x_1): the terms are of the negative ELBO.",
    with_terms(lambda L_T, L, L_0, a: (L_T, L, -L_0)),
)
terms.wrong(
    "the constant of L_0",
    "L_0 is minus a log density: D/2 log(2π) belongs to it.",
    with_terms(lambda L_T, L, L_0, a: (L_T, L, L_0 - a[0].shape[1] / 2 * reference.LOG_TWO_PI)),
)
terms.wrong(
    "log σ² is missing in L_0",
    "-log N(x_0; μ, σ²) has D/2 log σ².",
    with_terms(lambda L_T, L, L_0, a: (L_T, L, L_0 - a[0].shape[1] / 2 * a[3][0].log())),
)
terms.wrong(
    "the sum starts at t = 1",
    "The KL terms are L_1 to L_{T-1}, T - 1 of them, from t = 2.",
    with_terms(lambda L_T, L, L_0, a: (L_T, torch.cat([L_0[None], L]), L_0)),
)
terms.wrong(
    "the last KL term is missing",
    "The KL terms are L_1 to L_{T-1}.",
    with_terms(lambda L_T, L, L_0, a: (L_T, L[:-1], L_0)),
)
terms.wrong(
    "KL terms in reverse order",
    "L[0] is L_1, of t = 2.",
    with_terms(lambda L_T, L, L_0, a: (L_T, L.flip(0), L_0)),
)
terms.wrong(
    "L_T and L_0 are exchanged",
    "(L_T, [L_1, ..., L_{T-1}], L_0), in this order.",
    with_terms(lambda L_T, L, L_0, a: (L_0, L, L_T)),
)
terms.wrong(
    "averaged over the coordinates",
    "The KL divergence sums over the D coordinates.",
    with_terms(lambda L_T, L, L_0, a: tuple(each / a[0].shape[1] for each in (L_T, L, L_0))),
)


def other_kl(kl: Any) -> Any:
    """L_1..L_{T-1} with kl(mean, variance, other mean, other variance) of q and p."""

    def wrong(x0: Tensor, x: Tensor, mean: Tensor, variance: Tensor, betas: Tensor) -> Any:
        L_T, _, L_0 = reference.bound_terms(x0, x, mean, variance, betas)
        T, B, _ = x.shape
        rows = []
        for t in range(2, T + 1):
            steps = torch.full((B,), t)
            m, v = reference.forward_posterior(x[t - 1], x0, steps, betas)
            rows.append(kl(m, v, mean[t - 1], variance[t - 1].expand(B)))
        return L_T, torch.stack(rows) if rows else x.new_zeros((0, B)), L_0

    return wrong


terms.wrong(
    "KL(p || q)",
    "The direction is KL(q(x_{t-1} | x_t, x_0) || p(x_{t-1} | x_t)).",
    other_kl(lambda m, v, mean, variance: reference.gaussian_kl(mean, variance, m, v)),
)
terms.wrong(
    "only the distance of the means",
    "The variances differ: their part of the KL divergence is not zero.",
    other_kl(lambda m, v, mean, variance: (m - mean).square().sum(-1) / (2 * variance)),
)
terms.wrong(
    "divided by the variance of q",
    "The squared distance is divided by the variance of p.",
    other_kl(
        lambda m, v, mean, variance: (
            reference.gaussian_kl(m, v, mean, variance)
            + (m - mean).square().sum(-1) * (1 / v.clamp(min=1e-12) - 1 / variance) / 2
        )
    ),
)
terms.wrong(
    "the variance part for one coordinate",
    "The variances' part of the KL divergence is counted for each of the D coordinates.",
    other_kl(
        lambda m, v, mean, variance: (
            reference.gaussian_kl(m, v, mean, variance)
            - (m.shape[-1] - 1) / 2 * (v / variance - 1 - (v / variance).log())
        )
    ),
)
terms.wrong(
    "log densities instead of KL divergences",
    "log q - log p at a draw is an estimate of the KL divergence; the exact one is asked for.",
    other_kl(lambda m, v, mean, variance: reference.gaussian_kl(m, v, mean, variance) * 0 + v.log() - variance.log()),
)

# -- the simple loss --------------------------------------------------------------------------------------------------


def prediction(eps_model: Any, x_t: Tensor, t: Tensor) -> Tensor:
    weight, bias = eps_model
    return torch.einsum("bij,bj->bi", weight[t - 1], x_t) + bias[t - 1]


def with_noising(noising: Any) -> Any:
    """‖eps - eps_model(noising(x0, eps, ᾱ_t), t)‖²."""

    def wrong(x0: Tensor, eps: Tensor, t: Tensor, eps_model: Any, betas: Tensor) -> Tensor:
        bar = bars(betas)[t].unsqueeze(-1)
        return (eps - prediction(eps_model, noising(x0, eps, bar), t)).square().sum(-1)

    return wrong


simple.wrong(
    "averaged over the coordinates",
    "The squared error is summed over the D coordinates.",
    lambda x0, eps, *rest: reference.simple_loss(x0, eps, *rest) / x0.shape[-1],
)
simple.wrong(
    "averaged over the batch",
    "One value a row is asked for.",
    lambda *a: reference.simple_loss(*a).mean(),
)
simple.wrong(
    "without the square",
    "The squared error is asked for.",
    lambda *a: reference.simple_loss(*a).sqrt(),
)
simple.wrong(
    "the variance for the standard deviation",
    "x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε.",
    with_noising(lambda x0, eps, bar: bar.sqrt() * x0 + (1 - bar) * eps),
)
simple.wrong(
    "ᾱ without its root",
    "x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε.",
    with_noising(lambda x0, eps, bar: bar * x0 + (1 - bar).sqrt() * eps),
)
simple.wrong(
    "signal and noise are exchanged",
    "x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε.",
    with_noising(lambda x0, eps, bar: (1 - bar).sqrt() * x0 + bar.sqrt() * eps),
)
simple.wrong(
    "the prediction of x_0",
    "The network predicts the noise, so the error is ε - ε_θ.",
    lambda x0, eps, t, model, betas: (
        (
            x0
            - prediction(
                model, bars(betas)[t].sqrt().unsqueeze(-1) * x0 + (1 - bars(betas)[t]).sqrt().unsqueeze(-1) * eps, t
            )
        )
        .square()
        .sum(-1)
    ),
)
simple.wrong(
    "the network sees another step",
    "The network is asked at step t: weight[t - 1].",
    lambda x0, eps, t, model, betas: reference.simple_loss(x0, eps, t, tuple(each.roll(1, 0) for each in model), betas),
)
