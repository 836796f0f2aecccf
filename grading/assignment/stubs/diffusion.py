"""4.1.26: the bound of the denoising diffusion model. Arrays are torch tensors; bounds are in nats.

`betas` (T,) is the noise schedule: betas[t - 1] is the variance that step t of q adds, t = 1, ..., T; `t` (B,) gives
each row its own step.  p(x_T) = N(0, I).  All Gaussians are isotropic; variances are one number a row.
Compute in the dtype of the arguments (float64 in the checks): a new `torch.zeros(...)` has single precision.
"""

from jaxtyping import Float, Int
from torch import Tensor


def forward_marginal(
    x0: Float[Tensor, "B D"], t: Int[Tensor, " B"], betas: Float[Tensor, " T"]
) -> tuple[Float[Tensor, "B D"], Float[Tensor, " B"]]:
    """Mean and variance of q(x_t | x_0)."""
    raise NotImplementedError


def forward_posterior(
    x_t: Float[Tensor, "B D"], x_0: Float[Tensor, "B D"], t: Int[Tensor, " B"], betas: Float[Tensor, " T"]
) -> tuple[Float[Tensor, "B D"], Float[Tensor, " B"]]:
    """Mean and variance of q(x_{t-1} | x_t, x_0), t = 1, ..., T; at t = 1 the variance is 0."""
    raise NotImplementedError


def bound_terms(
    x0: Float[Tensor, "B D"],
    x: Float[Tensor, "T B D"],
    mean: Float[Tensor, "T B D"],
    variance: Float[Tensor, " T"],
    betas: Float[Tensor, " T"],
) -> tuple[Float[Tensor, " B"], Float[Tensor, "T_minus_1 B"], Float[Tensor, " B"]]:
    """The terms of the negative ELBO for each data point: (L_T, [L_1, ..., L_{T-1}], L_0).

    x[t - 1] is a draw of x_t given x_0; mean[t - 1] (one row a data point) and variance[t - 1] are those of the model's
    p(x_{t-1} | x_t) at that draw, t = 1, ..., T.  Averaged over the draws, the sum of all terms is the negative ELBO.
    T is at least 2 here.
    """
    raise NotImplementedError


def simple_loss(
    x0: Float[Tensor, "B D"],
    eps: Float[Tensor, "B D"],
    t: Int[Tensor, " B"],
    eps_model: tuple[Float[Tensor, "T D D"], Float[Tensor, "T D"]],
    betas: Float[Tensor, " T"],
) -> Float[Tensor, " B"]:
    """The noise-prediction loss of each row, before averaging: the squared error summed over the D coordinates.

    `eps` is the N(0, I) noise that makes x_t from x_0.  `eps_model` = (weight, bias) predicts the noise in x_t at
    step t as weight[t - 1] @ x_t + bias[t - 1].
    """
    raise NotImplementedError
