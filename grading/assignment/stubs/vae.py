"""3.1.21-3.1.25: the variational autoencoder. Arrays are torch tensors; bounds are in nats.

p(z) = N(0, I); p(x | z) = independent Bernoulli pixels; q(z | x) = N(mean, diag(exp(log_var))).
`model` has `.encoder(x) -> (mean, log_var)` and `.decoder(z) -> logits` of the pixels (logits, not probabilities).
`x` (B, D) holds grey values in [0, 1], read as the means of the Bernoulli pixels: torch's Bernoulli takes them with
validate_args=False, binary_cross_entropy_with_logits as they are. `eps` (B, latent) is N(0, I) noise.
Draw no noise of your own, and compute in the dtype of the arguments (float64 in most checks).
"""

from jaxtyping import Float
from torch import Tensor, nn


class Encoder(nn.Module):
    """Given: x to the mean and log variance of q(z | x), through two hidden layers with LeakyReLU(0.2)."""

    def __init__(self, input_dim: int, hidden_dim: int, latent_dim: int) -> None:
        super().__init__()
        first, second = nn.Linear(input_dim, hidden_dim), nn.Linear(hidden_dim, hidden_dim)
        self.hidden = nn.Sequential(first, nn.LeakyReLU(0.2), second, nn.LeakyReLU(0.2))
        self.mean = nn.Linear(hidden_dim, latent_dim)
        self.log_var = nn.Linear(hidden_dim, latent_dim)

    def forward(self, x: Float[Tensor, "B D"]) -> tuple[Float[Tensor, "B latent"], Float[Tensor, "B latent"]]:
        """Mean and log variance."""
        hidden = self.hidden(x)
        return self.mean(hidden), self.log_var(hidden)


class Decoder(nn.Module):
    """Given: z to the logits of the pixels, through two hidden layers with LeakyReLU(0.2)."""

    def __init__(self, latent_dim: int, hidden_dim: int, output_dim: int) -> None:
        super().__init__()
        first, second = nn.Linear(latent_dim, hidden_dim), nn.Linear(hidden_dim, hidden_dim)
        self.hidden = nn.Sequential(first, nn.LeakyReLU(0.2), second, nn.LeakyReLU(0.2))
        self.logits = nn.Linear(hidden_dim, output_dim)

    def forward(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch D"]:
        """Logits."""
        return self.logits(self.hidden(z))


def reparameterize(
    mean: Float[Tensor, "B latent"], log_var: Float[Tensor, "B latent"], eps: Float[Tensor, "B latent"]
) -> Float[Tensor, "B latent"]:
    """A draw z from N(mean, diag(exp(log_var))), made of the noise `eps`; differentiable in `mean` and `log_var`."""
    raise NotImplementedError


def log_weights(x: Float[Tensor, "B D"], model: nn.Module, eps: Float[Tensor, "B latent"]) -> Float[Tensor, " B"]:
    """log p(x, z) - log q(z | x) of each row at its own z, with all constants, summed over pixels."""
    raise NotImplementedError


def loss(x: Float[Tensor, "B D"], model: nn.Module, eps: Float[Tensor, "B latent"]) -> Float[Tensor, ""]:
    """Minus the one-draw estimate of the ELBO, averaged over the batch; its gradient is the total derivative."""
    raise NotImplementedError


def path_derivative_loss(
    x: Float[Tensor, "B D"], model: nn.Module, eps: Float[Tensor, "B latent"]
) -> Float[Tensor, ""]:
    """The same value, whose gradient in the encoder is the path derivative alone."""
    raise NotImplementedError
