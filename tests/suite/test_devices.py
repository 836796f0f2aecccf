"""The torch references run where their arguments are.

Torch's `meta` device stands for an accelerator: it computes shapes only, but an operation between a tensor of its own
and one that was made on the CPU fails as it would between a GPU and the CPU, and so does any look at a value.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from implementations import diffusion, doubly_reparameterized, gumbel_softmax, iwae, resampled_iwae, vae

B, K, D, LATENT, T = 3, 5, 6, 2, 7
ELSEWHERE = torch.device("meta")


def some(*shape: int) -> Tensor:
    """A tensor on the other device."""
    return torch.rand(shape, device=ELSEWHERE)


def loss_of(loss: Callable[..., Tensor], *eps: int) -> list[Tensor]:
    """A loss, and its gradients in all parameters."""
    model = vae.VAE(D, 4, LATENT).to(ELSEWHERE)
    value = loss(some(B, D), model, some(*eps))
    value.backward()
    return [value, *(each.grad for each in model.parameters() if each.grad is not None)]


def four_draws(x: Tensor, model: vae.Model, eps: Tensor) -> Tensor:
    """The resampled loss, with its own noise."""
    return resampled_iwae.loss(x, model, eps, some(B), 4)


def steps() -> Tensor:
    """t = 2 for every row."""
    return torch.full((B,), 2, device=ELSEWHERE)


CASES: dict[str, Callable[[], list[Tensor] | tuple[Tensor, ...]]] = {
    "vae.loss": lambda: loss_of(vae.loss, B, LATENT),
    "vae.path_derivative_loss": lambda: loss_of(vae.path_derivative_loss, B, LATENT),
    "iwae.loss": lambda: loss_of(iwae.loss, B, K, LATENT),
    "doubly_reparameterized.loss": lambda: loss_of(doubly_reparameterized.loss, B, K, LATENT),
    "resampled_iwae.loss": lambda: loss_of(four_draws, B, K, LATENT),
    "gumbel_softmax.sample": lambda: [gumbel_softmax.sample(some(4), some(B, 4), 0.5)],
    "gumbel_softmax.log_density": lambda: [gumbel_softmax.log_density(some(B, 4), some(4), 0.5)],
    "diffusion.forward_marginal": lambda: diffusion.forward_marginal(some(B, D), steps(), some(T)),
    "diffusion.forward_posterior": lambda: diffusion.forward_posterior(some(B, D), some(B, D), steps(), some(T)),
    "diffusion.bound_terms": lambda: diffusion.bound_terms(some(B, D), some(T, B, D), some(T, B, D), some(T), some(T)),
    "diffusion.simple_loss": lambda: [
        diffusion.simple_loss(some(B, D), some(B, D), steps(), (some(T, D, D), some(T, D)), some(T))
    ],
    "diffusion.simple_loss_weight": lambda: [diffusion.simple_loss_weight(steps(), some(T), some(T))],
    "diffusion.reverse_mean": lambda: [diffusion.reverse_mean(some(B, D), some(B, D), steps(), some(T))],
}


@pytest.mark.parametrize("name", CASES)
def test_results_are_where_the_arguments_are(name: str) -> None:
    """Values and gradients are on the other device, and nothing on the way was not."""
    assert {each.device for each in CASES[name]()} == {ELSEWHERE}
