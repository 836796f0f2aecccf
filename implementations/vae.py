"""The variational autoencoder: p(z) = N(0, I), p(x | z) = Bernoulli(decoder(z)) pixels, q(z | x) = N(mean, diag σ²).

    ELBO(x) = E_q[log w],   log w = log p(x | z) + log p(z) - log q(z | x),   z = mean + σ ε,  ε ~ N(0, I)

The gradient of log w in the encoder's parameters φ has two parts (Roeder, Wu, Duvenaud 2017, §3):

    d log w / dφ = ∂ log w / ∂z · dz/dφ   (path derivative)   -   ∂ log q_φ(z | x) / ∂φ   (score; zero mean)

`loss` keeps both; `path_derivative_loss` stops the gradient in the parameters of q inside log q, which leaves the
first.  At the exact posterior log w is constant in z, so the path derivative is zero for every draw.

Grey pixels x in [0, 1] are means of Bernoulli variables, so log p(x | z) is their expected log likelihood.
Kingma, Welling 2014, §3; Roeder, Wu, Duvenaud 2017, Algorithms 1 and 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

LOG_TWO_PI = math.log(2 * math.pi)


class Model(Protocol):
    """What the bounds need of a model: q(z | x) and p(x | z)."""

    @property
    def encoder(self) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        """x to the mean and log variance of q(z | x)."""

    @property
    def decoder(self) -> Callable[[Tensor], Tensor]:
        """z to the logits of the pixels."""


class Encoder(nn.Module):
    """x to mean and log variance of q(z | x), through two hidden layers with LeakyReLU(0.2)."""

    def __init__(self, input_dim: int, hidden_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.hidden = hidden_layers(input_dim, hidden_dim)
        self.mean = nn.Linear(hidden_dim, latent_dim)
        self.log_var = nn.Linear(hidden_dim, latent_dim)

    def forward(self, x: Float[Tensor, "B D"]) -> tuple[Float[Tensor, "B latent"], Float[Tensor, "B latent"]]:
        """Mean and log variance."""
        hidden = self.hidden(x)
        return self.mean(hidden), self.log_var(hidden)


class Decoder(nn.Module):
    """z to the logits of the pixels, through two hidden layers with LeakyReLU(0.2)."""

    def __init__(self, latent_dim: int, hidden_dim: int, output_dim: int) -> None:
        super().__init__()
        self.hidden = hidden_layers(latent_dim, hidden_dim)
        self.logits = nn.Linear(hidden_dim, output_dim)

    def forward(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch D"]:
        """Logits."""
        return self.logits(self.hidden(z))


class VAE(nn.Module):
    """An encoder and a decoder; by default the course's 784-400-400-200 and its mirror image."""

    def __init__(self, input_dim: int = 784, hidden_dim: int = 400, latent_dim: int = 200) -> None:
        super().__init__()
        self.encoder = Encoder(input_dim, hidden_dim, latent_dim)
        self.decoder = Decoder(latent_dim, hidden_dim, input_dim)


def hidden_layers(input_dim: int, hidden_dim: int) -> nn.Sequential:
    """Two affine layers, LeakyReLU(0.2) after each."""
    first, second = nn.Linear(input_dim, hidden_dim), nn.Linear(hidden_dim, hidden_dim)
    return nn.Sequential(first, nn.LeakyReLU(0.2), second, nn.LeakyReLU(0.2))


def reparameterize(
    mean: Float[Tensor, "*batch latent"], log_var: Float[Tensor, "*batch latent"], eps: Float[Tensor, "*batch latent"]
) -> Float[Tensor, "*batch latent"]:
    """z = mean + σ ε with σ = exp(log_var / 2)."""
    return mean + torch.exp(log_var / 2) * eps


def log_bernoulli(x: Float[Tensor, "*batch D"], logits: Float[Tensor, "*batch D"]) -> Float[Tensor, "*batch"]:
    """log p(x | z) in nats, summed over pixels: Σ_d x_d l_d - log(1 + e^{l_d}), exact for saturated pixels too."""
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


def log_standard_normal(z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch"]:
    """log N(z; 0, I) in nats."""
    return -0.5 * (z.square() + LOG_TWO_PI).sum(-1)


def log_weights(x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B latent"]) -> Float[Tensor, " B"]:
    """log w = log p(x | z) + log p(z) - log q(z | x) in nats: each row's one-draw estimate of its ELBO.

    log q is written in ε = (z - mean) / σ, which loses no digits however small σ is.
    """
    mean, log_var = model.encoder(x)
    z = reparameterize(mean, log_var, eps)
    log_q = log_standard_normal(eps) - log_var.sum(-1) / 2
    return log_bernoulli(x, model.decoder(z)) + log_standard_normal(z) - log_q


def loss(x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B latent"]) -> Float[Tensor, ""]:
    """-ELBO in nats, averaged over the batch; its gradient is the total derivative (Roeder et al., Algorithm 1)."""
    return -log_weights(x, model, eps).mean()


def path_derivative_log_weights(
    x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B latent"]
) -> Float[Tensor, " B"]:
    """`log_weights` with the parameters of q held fixed inside log q.

    With z free and (mean, σ) fixed, (z - mean) / σ has the value ε and the derivative 1/σ in z.
    """
    mean, log_var = model.encoder(x)
    z = reparameterize(mean, log_var, eps)
    standardized = eps + (z - z.detach()) * torch.exp(-log_var.detach() / 2)
    log_q = log_standard_normal(standardized) - log_var.detach().sum(-1) / 2
    return log_bernoulli(x, model.decoder(z)) + log_standard_normal(z) - log_q


def path_derivative_loss(x: Float[Tensor, "B D"], model: Model, eps: Float[Tensor, "B latent"]) -> Float[Tensor, ""]:
    """The value of `loss`, with the path derivative as its gradient in the encoder (Roeder et al., Algorithm 2)."""
    return -path_derivative_log_weights(x, model, eps).mean()
