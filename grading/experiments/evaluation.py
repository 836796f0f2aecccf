"""What a trained model is worth, measured by the judge: test bounds L_K with standard errors, and active units.

Nothing here calls a submission; the parameters it handed back are evaluated with the definitions.
Burda, Grosse, Salakhutdinov 2016: eq. 8 (bound) and §5.2 (a unit is active when Var_x(E_q[z | x]) > 0.01).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import msgspec
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional as F

ACTIVE = 1e-2
DECODED_AT_ONCE = 2000
LOG_TWO_PI = math.log(2 * math.pi)


class Model(Protocol):
    """A trained encoder and decoder."""

    @property
    def encoder(self) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        """x to the mean and log variance of q(z | x)."""

    @property
    def decoder(self) -> Callable[[Tensor], Tensor]:
        """z to the logits of the pixels."""


class Bound(msgspec.Struct, frozen=True):
    """Mean of L_K over images, in nats, with its standard error over images and draws."""

    K: int
    images: int
    mean: float
    standard_error: float

    def __str__(self) -> str:
        return f"{self.mean:.2f} ± {self.standard_error:.2f} nats on {self.images} test images"


def bound(model: Model, images: UInt8[np.ndarray, "n D"], K: int, seed: int = 0) -> Bound:
    """The mean of `bound_values`; the standard error covers the chance in images and draws."""
    return summarized(bound_values(model, images, K, seed), K)


def summarized(values: Float[np.ndarray, " n"], K: int) -> Bound:
    """Mean and standard error of one value an image."""
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return Bound(K, len(values), float(values.mean()), error)


@torch.no_grad()
def bound_values(model: Model, images: UInt8[np.ndarray, "n D"], K: int, seed: int = 0) -> Float[np.ndarray, " n"]:
    """One draw of log (1/K) Σ_k w_k for each image, in nats; differences of models on the same images are paired."""
    generator = torch.Generator().manual_seed(seed)
    rows = max(1, DECODED_AT_ONCE // K)
    parts = [row_bounds(model, images[start : start + rows], K, generator) for start in range(0, len(images), rows)]
    return torch.cat(parts).numpy()


def row_bounds(
    model: Model, images: UInt8[np.ndarray, "b D"], K: int, generator: torch.Generator
) -> Float[Tensor, " b"]:
    """log (1/K) Σ_k w_k, in chunks of at most `DECODED_AT_ONCE` draws."""
    x = grey(images)
    mean, log_var = model.encoder(x)
    chunk = min(K, DECODED_AT_ONCE)
    log_w = [log_weights(model, x, mean, log_var, min(chunk, K - done), generator) for done in range(0, K, chunk)]
    return torch.logsumexp(torch.cat(log_w, 1), 1) - math.log(K)


def log_weights(
    model: Model, x: Tensor, mean: Tensor, log_var: Tensor, K: int, generator: torch.Generator
) -> Float[Tensor, "b K"]:
    """log p(x | z) + log p(z) - log q(z | x) of K fresh draws a row, in float64 sums."""
    eps = torch.randn((len(x), K, mean.shape[1]), generator=generator)
    z = mean.unsqueeze(1) + torch.exp(log_var / 2).unsqueeze(1) * eps
    logits = model.decoder(z)
    log_p = (x.unsqueeze(1) * logits - F.softplus(logits)).double().sum(-1)
    log_ratio = 0.5 * (eps.square() - z.square()).double().sum(-1) + 0.5 * log_var.double().sum(-1, keepdim=True)
    return log_p + log_ratio


@torch.no_grad()
def log_weights_of(model: Model, images: UInt8[np.ndarray, "n D"], K: int, seed: int = 0) -> Float[np.ndarray, "n K"]:
    """log w of K draws for each image."""
    generator, rows = torch.Generator().manual_seed(seed), max(1, DECODED_AT_ONCE // K)
    parts = [grey(images[start : start + rows]) for start in range(0, len(images), rows)]
    return torch.cat([log_weights(model, x, *model.encoder(x), K, generator) for x in parts]).numpy()


def in_blocks(log_w: Float[np.ndarray, "n S"], K: int) -> float:
    """The mean of L_K over images and over the S / K blocks of their draws, in nats."""
    n, S = log_w.shape
    blocks = log_w[:, : S - S % K].reshape(n, -1, K)
    return float((np.logaddexp.reduce(blocks, axis=2) - math.log(K)).mean())


@torch.no_grad()
def active_units(model: Model, images: UInt8[np.ndarray, "n D"]) -> int:
    """Latent units whose posterior mean varies over images by more than 0.01."""
    mean, _ = model.encoder(grey(images))
    return int((mean.var(0, correction=1) > ACTIVE).sum())


def grey(images: UInt8[np.ndarray, "n D"]) -> Float[Tensor, "n D"]:
    """Grey values in [0, 1]."""
    return torch.tensor(images, dtype=torch.float32) / 255
