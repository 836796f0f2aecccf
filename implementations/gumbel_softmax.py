"""The Gumbel-Softmax (Concrete) relaxation of a Categorical variable.

For π on the simplex, g_i ~ Gumbel(0, 1) independent and a temperature τ > 0,

    y = softmax((log π + g) / τ)

lies on the simplex, is differentiable in π, and argmax y ~ Categorical(π) at *every* temperature.
As τ → 0 it becomes one-hot, as τ → ∞ uniform.

Jang, Gu, Poole 2017, eq. 2 (sample) and eq. 3 (density); Maddison, Mnih, Teh 2017, Definition 1 and Proposition 1.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor


def sample(probs: Float[Tensor, " K"], gumbel: Float[Tensor, "n K"], temperature: float) -> Float[Tensor, "n K"]:
    """y = softmax((log π + g) / τ), one row a draw; differentiable in π.

    A category of probability exactly zero stays at zero and takes part in no gradient.
    """
    return torch.softmax((log_or_minus_infinity(probs) + gumbel) / temperature, dim=-1)


def log_density(y: Float[Tensor, "n K"], probs: Float[Tensor, " K"], temperature: float) -> Float[Tensor, " n"]:
    """log p(y) in nats, for y inside the simplex and the Lebesgue measure of its first K - 1 coordinates.

        p(y) = (K - 1)! τ^{K-1} Π_i (π_i y_i^{-τ-1}) / (Σ_i π_i y_i^{-τ})^K

    Every π_i must be positive.
    """
    K = probs.shape[-1]
    log_y, log_tilt = y.log(), probs.log() - temperature * y.log()
    constant = math.lgamma(K) + (K - 1) * math.log(temperature)
    return constant + (log_tilt - log_y).sum(-1) - K * torch.logsumexp(log_tilt, -1)


def log_or_minus_infinity(probs: Float[Tensor, " K"]) -> Float[Tensor, " K"]:
    """log π with -∞ at π = 0.  The inner `where` keeps 1/0 out of the gradient, where 0 · ∞ would be NaN."""
    positive = probs > 0
    return torch.where(positive, torch.where(positive, probs, 1.0).log(), -math.inf)
