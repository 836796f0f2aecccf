"""3.1.20: the Gumbel-Softmax relaxation of a Categorical variable. Arrays are torch tensors; logs are natural.

Compute in the dtype of the arguments (float64 in most checks).
"""

from jaxtyping import Float
from torch import Tensor


def sample(probs: Float[Tensor, " K"], gumbel: Float[Tensor, "n K"], temperature: float) -> Float[Tensor, "n K"]:
    """One relaxed one-hot vector for each row of noise, differentiable in `probs`.

    `probs` are the probabilities of the K categories, `gumbel` independent Gumbel(0, 1) noise, `temperature` > 0.
    A category of probability 0 is never drawn: log 0 is minus infinity, and its entry 0 (to rounding, at temperatures
    up to 5). Draw no noise of your own.
    """
    raise NotImplementedError


def log_density(y: Float[Tensor, "n K"], probs: Float[Tensor, " K"], temperature: float) -> Float[Tensor, " n"]:
    """Log density in nats of each row y, a point inside the simplex, with respect to its first K - 1 coordinates."""
    raise NotImplementedError
