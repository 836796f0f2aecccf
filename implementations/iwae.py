"""The importance weighted autoencoder: a tighter bound from K draws.

    L_K(x) = E[log (1/K) Σ_k w_k],   w_k = p(x, z_k) / q(z_k | x),   z_k ~ q(z | x) independent

    L_1 = ELBO,   L_K ≤ L_{K+1} ≤ log p(x),   ∇ L_K = E[Σ_k w̃_k ∇ log w_k],  w̃ = w / Σ_j w_j

Burda, Grosse, Salakhutdinov 2016: eq. 8 (bound), Theorem 1 (order), eqs. 13-14 (gradient).
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from implementations.vae import Model, log_bernoulli, log_standard_normal


def reparameterize(
    mean: Float[Tensor, "B latent"], log_var: Float[Tensor, "B latent"], eps: Float[Tensor, "B K latent"]
) -> Float[Tensor, "B K latent"]:
    """z_k = mean + σ ε_k, the same mean and σ for all K draws of a row."""
    return mean.unsqueeze(1) + torch.exp(log_var / 2).unsqueeze(1) * eps


def log_weights(x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B K latent"]) -> Float[Tensor, "B K"]:
    """log w_k = log p(x | z_k) + log p(z_k) - log q(z_k | x) in nats."""
    mean, log_var = model.encoder(x)
    z = reparameterize(mean, log_var, eps)
    log_q = log_standard_normal(eps) - log_var.sum(-1, keepdim=True) / 2
    logits = model.decoder(z)
    return log_bernoulli(x.unsqueeze(1).expand_as(logits), logits) + log_standard_normal(z) - log_q


def bound(log_w: Float[Tensor, "B K"]) -> Float[Tensor, " B"]:
    """log (1/K) Σ_k w_k in nats, one value a row."""
    return torch.logsumexp(log_w, dim=1) - math.log(log_w.shape[1])


def loss(x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B K latent"]) -> Float[Tensor, ""]:
    """-L_K in nats, averaged over the batch.  Autograd of the logsumexp gives the normalised weights w̃."""
    return -bound(log_weights(x, model, eps)).mean()
