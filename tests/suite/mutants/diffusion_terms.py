"""Mistakes in the terms of the diffusion bound and in the simple loss (question 4.1.26)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from implementations import diffusion as reference
from tests.suite.corpus import target
from tests.suite.mutants.diffusion import bars

terms = target("4.1.26", "diffusion.bound_terms")
simple = target("4.1.26", "diffusion.simple_loss")


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
simple.wrong(
    "nothing is lost at the first step",
    "t runs from 1: at t = 1, too, x_t has noise that is predicted.",
    lambda x0, eps, t, model, betas: torch.where(t == 1, 0.0, reference.simple_loss(x0, eps, t, model, betas)),
)
