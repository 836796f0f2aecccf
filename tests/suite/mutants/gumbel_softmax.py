"""Mistakes in the Gumbel-Softmax sample and its density (question 3.1.20)."""

from __future__ import annotations

import math
from typing import Any

import torch

from implementations import gumbel_softmax as reference
from tests.suite.corpus import target

sample = target("3.1.20", "gumbel_softmax.sample")
density = target("3.1.20", "gumbel_softmax.log_density")


def softmax_of(logits: Any) -> Any:
    """A sample whose logits are logits(log probs, gumbel, temperature)."""
    return lambda probs, gumbel, temperature: torch.softmax(logits(probs.log(), gumbel, temperature), -1)


sample.wrong(
    "probabilities instead of their logarithms",
    "softmax((log π + g)/τ): the logarithm of the probabilities is missing.",
    lambda probs, gumbel, temperature: torch.softmax((probs + gumbel) / temperature, -1),
)
sample.wrong(
    "the temperature multiplies",
    "The logits are divided by the temperature.",
    softmax_of(lambda log_p, g, t: (log_p + g) * t),
)
sample.wrong(
    "the temperature is ignored",
    "The logits are divided by the temperature.",
    softmax_of(lambda log_p, g, t: log_p + g),
)
sample.wrong(
    "only the noise is divided by the temperature",
    "The sum log π + g is divided by the temperature, not the noise alone.",
    softmax_of(lambda log_p, g, t: log_p + g / t),
)
sample.wrong(
    "only log π is divided by the temperature",
    "The sum log π + g is divided by the temperature.",
    softmax_of(lambda log_p, g, t: log_p / t + g),
)
sample.wrong(
    "the noise is subtracted",
    "Gumbel noise is skewed to the right: it is added.",
    softmax_of(lambda log_p, g, t: (log_p - g) / t),
)
sample.wrong(
    "the noise is not used",
    "Without the Gumbel noise nothing is sampled.",
    softmax_of(lambda log_p, g, t: (log_p + 0 * g) / t),
)
sample.wrong(
    "own noise",
    "The noise is an argument; draw none of your own.",
    softmax_of(lambda log_p, g, t: (log_p - torch.log(-torch.log(torch.rand_like(g)))) / t),
)
sample.wrong(
    "Gumbel noise made of Gumbel noise",
    "`gumbel` is Gumbel(0, 1) noise already; -log(-log u) is for uniforms.",
    softmax_of(lambda log_p, g, t: (log_p - torch.log(-torch.log(torch.sigmoid(g)))) / t),
)
sample.wrong(
    "softmax over the draws",
    "The softmax runs over the categories, the last axis.",
    lambda probs, gumbel, temperature: torch.softmax((probs.log() + gumbel) / temperature, 0),
)
sample.wrong(
    "one-hot",
    "The relaxed sample is asked for; an argmax has no gradient.",
    lambda probs, gumbel, temperature: torch.nn.functional.one_hot(
        (probs.log() + gumbel).argmax(-1), probs.shape[-1]
    ).to(probs.dtype),
)


def straight_through(probs: Any, gumbel: Any, temperature: float) -> Any:
    soft = reference.sample(probs, gumbel, temperature)
    hard = torch.nn.functional.one_hot(soft.argmax(-1), probs.shape[-1]).to(soft.dtype)
    return hard + soft - soft.detach()


sample.wrong(
    "straight-through",
    "The straight-through estimator has a one-hot value and a biased gradient; the relaxation is asked for.",
    straight_through,
)
sample.wrong(
    "no gradient in the probabilities",
    "The sample has to be differentiable in the probabilities; they are detached.",
    lambda probs, gumbel, temperature: reference.sample(probs.detach(), gumbel, temperature),
)
sample.wrong(
    "a small number under the logarithm",
    "log(π + 1e-3) draws categories of probability zero; log 0 = -∞ is right here.",
    lambda probs, gumbel, temperature: torch.softmax(((probs + 1e-3).log() + gumbel) / temperature, -1),
)
sample.wrong(
    "a very small number under the logarithm",
    "log(π + 1e-20) changes probabilities that are smaller still; log 0 = -∞ is right here.",
    lambda probs, gumbel, temperature: torch.softmax(((probs + 1e-20).log() + gumbel) / temperature, -1),
)
sample.wrong(
    "exponentials without a shift",
    "exp of the logits overflows at low temperatures; use softmax or logsumexp.",
    lambda probs, gumbel, temperature: (w := torch.exp((probs.log() + gumbel) / temperature)) / w.sum(-1, keepdim=True),
)
sample.wrong(
    "the temperature squared",
    "The logits are divided by τ, not by τ².",
    softmax_of(lambda log_p, g, t: (log_p + g) / t**2),
)


def log_density(change: Any) -> Any:
    """The log density plus change(y, probs, temperature, K)."""
    return lambda y, probs, t: reference.log_density(y, probs, t) + change(y, probs, t, probs.shape[-1])


density.wrong(
    "(K - 1)! is missing",
    "The normaliser has Γ(K) = (K - 1)!.",
    log_density(lambda y, p, t, K: -math.lgamma(K)),
)
density.wrong(
    "K! instead of (K - 1)!",
    "The normaliser has Γ(K) = (K - 1)!, not K!.",
    log_density(lambda y, p, t, K: math.log(K)),
)
density.wrong(
    "τ^K instead of τ^(K-1)",
    "The power of the temperature is K - 1.",
    log_density(lambda y, p, t, K: math.log(t)),
)
density.wrong(
    "the density of log y",
    "The product is over π_i / y_i^(τ+1); with y_i^τ this is the density of log y (ExpConcrete).",
    log_density(lambda y, p, t, K: y.log().sum(-1)),
)
density.wrong(
    "the sum is not raised to the power K",
    "The denominator is (Σ π_i y_i^-τ)^K.",
    log_density(lambda y, p, t, K: (K - 1) * torch.logsumexp(p.log() - t * y.log(), -1)),
)
density.wrong(
    "the sign of τ in the sum",
    "The denominator has y_i^-τ, not y_i^τ.",
    log_density(
        lambda y, p, t, K: K * (torch.logsumexp(p.log() - t * y.log(), -1) - torch.logsumexp(p.log() + t * y.log(), -1))
    ),
)
density.wrong(
    "π is missing in the product",
    "The product is over π_i / y_i^(τ+1).",
    log_density(lambda y, p, t, K: -p.log().sum(-1)),
)
density.wrong(
    "the density, not its logarithm",
    "The log density is asked for, in nats.",
    lambda y, probs, t: reference.log_density(y, probs, t).exp(),
)
density.wrong(
    "the categorical log probability",
    "Σ y log π is the log probability of a one-hot y, not the density of a relaxed one.",
    lambda y, probs, t: (y * probs.log()).sum(-1),
)
