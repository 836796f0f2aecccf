"""What the losses of an autoencoder are made of, for mistakes to be put together from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal


@dataclass(frozen=True)
class Parts:
    """What the losses are made of, for one batch."""

    x: Tensor
    eps: Tensor
    mean: Tensor
    log_var: Tensor
    z: Tensor
    logits: Tensor

    @property
    def log_p(self) -> Tensor:
        return Bernoulli(logits=self.logits, validate_args=False).log_prob(self.x).sum(-1)

    @property
    def log_prior(self) -> Tensor:
        return Normal(0.0, 1.0).log_prob(self.z).sum(-1)

    @property
    def log_q(self) -> Tensor:
        return self.log_q_at(self.mean, self.log_var, self.z)

    @property
    def kl(self) -> Tensor:
        return 0.5 * (self.mean.square() + self.log_var.exp() - 1 - self.log_var).sum(-1)

    def log_q_at(self, mean: Tensor, log_var: Tensor, z: Tensor) -> Tensor:
        return Normal(mean, torch.exp(log_var / 2), validate_args=False).log_prob(z).sum(-1)


def parts(x: Tensor, model: Any, eps: Tensor) -> Parts:
    mean, log_var = model.encoder(x)
    z = mean + torch.exp(log_var / 2) * eps
    return Parts(x, eps, mean, log_var, z, model.decoder(z))


def of(formula: Callable[[Parts], Tensor]) -> Any:
    return lambda x, model, eps: formula(parts(x, model, eps))
