"""DReG: the bound of the IWAE with a gradient of less variance in the encoder.

    ∇_φ L_K = E[ Σ_k w̃_k² · ∂ log w_k / ∂z_k · dz_k/dφ ],   ∇_θ L_K = E[ Σ_k w̃_k ∇_θ log w_k ]

Tucker, Lawson, Gu, Maddison 2019, eq. 8.  With w̃_k in place of w̃_k² the encoder's gradient is the path derivative of
Roeder et al., which is biased for K > 1; for K = 1 both are the path derivative.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from implementations import iwae
from implementations.vae import Model, log_bernoulli, log_standard_normal


def loss(x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B K latent"]) -> Float[Tensor, ""]:
    """-L_K in nats, averaged over the batch, with the doubly reparameterized gradient in the encoder.

    Autograd of the logsumexp weighs each draw's path by w̃_k; a hook on z gives the second factor.
    """
    mean, log_var = model.encoder(x)
    z = iwae.reparameterize(mean, log_var, eps)
    fixed = log_var.detach().unsqueeze(1)
    standardized = eps + (z - z.detach()) * torch.exp(-fixed / 2)
    log_q = log_standard_normal(standardized) - fixed.sum(-1) / 2
    logits = model.decoder(z)
    log_w = log_bernoulli(x.unsqueeze(1).expand_as(logits), logits) + log_standard_normal(z) - log_q
    if z.requires_grad:
        normalised = torch.softmax(log_w.detach(), dim=1).unsqueeze(-1)
        z.register_hook(lambda gradient: normalised * gradient)
    return -iwae.bound(log_w).mean()
