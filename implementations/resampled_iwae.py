"""The IWAE bound at a fraction of its cost: weigh all K draws, back-propagate M of them.

    ∇ L_K = E[Σ_k w̃_k ∇ log w_k] = E[(1/M) Σ_m ∇ log w_{k_m}],   k_1..k_M resampled with E[#(k_m = k)] = M w̃_k

The K weights need no graph, so their forward pass is all that grows with K.  M = 1 is the estimator of Burda, Grosse,
Salakhutdinov 2016, §3.1; systematic resampling (Kitagawa 1996) of M > 1 keeps it unbiased and, because the weights
are uneven, regains most of the variance that M = 1 gives away.

`torch.autocast` around the call runs the matrix products in bfloat16.  The sums over pixels stay in float32.
"""

from __future__ import annotations

from itertools import repeat

import torch
from jaxtyping import Float, Int
from torch import Tensor

from implementations import iwae
from implementations.vae import Model

SLICE = 1250
"""Draws decoded together where no graph is kept."""


def loss(
    x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B K latent"], u: Float[Tensor, " B"], M: int
) -> Float[Tensor, ""]:
    """-L_K in nats, averaged over the batch, with a gradient through M resampled draws; u is uniform on [0, 1)."""
    with torch.no_grad():
        log_w = weigh(x, model, eps)
        chosen = systematic_resample(torch.softmax(log_w, dim=1), u, M)
    chosen_eps = torch.take_along_dim(eps, chosen.unsqueeze(-1), dim=1)
    surrogate = iwae.log_weights(x, model, chosen_eps).mean()
    return surrogate.detach() - surrogate - iwae.bound(log_w).mean()


def weigh(x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B K latent"]) -> Float[Tensor, "B K"]:
    """log w of every draw, a few rows of x at a time.

    The pixels of all B K draws are large arrays, whose memory the system hands out, zeroes and takes back at each step:
    that is a quarter of the step at B = 100, K = 50.  Those of a slice stay in the cache.
    """
    rows = max(1, SLICE // eps.shape[1])
    return torch.cat([iwae.log_weights(*part) for part in zip(x.split(rows), repeat(model), eps.split(rows))])


def systematic_resample(weights: Float[Tensor, "B K"], u: Float[Tensor, " B"], M: int) -> Int[Tensor, "B M"]:
    """M indices a row at the points (u + m) / M of the cumulative weights: index k is expected M w̃_k times."""
    positions = (u.unsqueeze(1) + torch.arange(M, device=u.device)) / M
    cumulative = weights.cumsum(1)
    scaled = positions * cumulative[:, -1:]  # the last cumulative weight is 1 only up to rounding
    return torch.searchsorted(cumulative, scaled.contiguous(), right=True).clamp(max=weights.shape[1] - 1)
