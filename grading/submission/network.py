"""The small networks that checks hand to a submission, built alike on both sides of the boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from grading.submission.plain import Model

SLOPE = 0.2


class Network(nn.Module):
    """`encoder(x) -> (mean, log_var)` and `decoder(z) -> logits` of a `Model`."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.encoder = Encoder(model)
        self.decoder = layers(model.decoder)


class Encoder(nn.Module):
    """Hidden layers with LeakyReLU(0.2), then one affine head for the mean and one for the log variance."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.hidden = layers(model.encoder, last=True)
        self.mean = affine(model.mean)
        self.log_var = affine(model.log_var)

    def forward(self, x: Float[Tensor, "B D"]) -> tuple[Float[Tensor, "B latent"], Float[Tensor, "B latent"]]:
        """Mean and log variance of q(z | x)."""
        hidden = self.hidden(x)
        return self.mean(hidden), self.log_var(hidden)


def layers(pairs: list[tuple[Any, Any]], last: bool = False) -> nn.Sequential:
    """Affine layers with LeakyReLU between them, and after the last one where asked."""
    stack: list[nn.Module] = []
    for position, pair in enumerate(pairs):
        stack.append(affine(pair))
        if last or position < len(pairs) - 1:
            stack.append(nn.LeakyReLU(SLOPE))
    return nn.Sequential(*stack)


def affine(pair: tuple[Any, Any]) -> nn.Linear:
    """A linear layer with the given weight (out, in) and bias (out,)."""
    weight, bias = (torch.from_numpy(np.array(each)) for each in pair)
    layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    layer.weight = nn.Parameter(weight)
    layer.bias = nn.Parameter(bias)
    return layer
