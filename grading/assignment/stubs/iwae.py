"""4.2.27: the importance weighted autoencoder. Arrays are torch tensors; bounds are in nats.

Model, `x` and conventions are those of `vae`; `eps` (B, K, latent) is N(0, I) noise, K draws for each row of `x`.
The decoder of `model` accepts z of shape (B, K, latent) and of shape (B * K, latent).
"""

from jaxtyping import Float
from torch import Tensor, nn


def reparameterize(
    mean: Float[Tensor, "B latent"], log_var: Float[Tensor, "B latent"], eps: Float[Tensor, "B K latent"]
) -> Float[Tensor, "B K latent"]:
    """K draws of z from N(mean, diag(exp(log_var))) for each row, made of `eps`; differentiable in mean and log_var."""
    raise NotImplementedError


def log_weights(x: Float[Tensor, "B D"], model: nn.Module, eps: Float[Tensor, "B K latent"]) -> Float[Tensor, "B K"]:
    """log p(x, z_k) - log q(z_k | x) of each draw, with all constants, summed over pixels."""
    raise NotImplementedError


def loss(x: Float[Tensor, "B D"], model: nn.Module, eps: Float[Tensor, "B K latent"]) -> Float[Tensor, ""]:
    """Minus the K-sample bound, averaged over the batch."""
    raise NotImplementedError
