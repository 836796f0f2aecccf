"""Small random autoencoders, and the definitions of their densities and gradients, by torch.distributions.

Two kinds of model.  `random_model` is any network.  `affine_model` has decoder logits c + W z with c near -20, where a
Bernoulli pixel's log probability is linear in z up to e^-17: then p(z | x) = N(Wᵀ x, I) and
log p(x) = x · c + |Wᵀ x|² / 2 are known, and an affine encoder can be the exact posterior.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Bernoulli, Normal

from grading.submission import Model
from grading.submission.network import Network

Array = np.ndarray
ENCODER = ("encoder.",)


@dataclass(frozen=True)
class Case:
    """A model, a batch and noise for it."""

    model: Model
    x: Float[Array, "B D"]
    eps: Float[Array, "B ... latent"]

    @property
    def arguments(self) -> tuple[Array, Model, Array]:
        """In the order of the contract."""
        return self.x, self.model, self.eps


def affine(rng: np.random.Generator, inputs: int, outputs: int, scale: float = 1.0) -> tuple[Array, Array]:
    """Weight and bias of a random layer."""
    return scale * rng.normal(size=(outputs, inputs)) / np.sqrt(inputs), scale * 0.5 * rng.normal(size=outputs)


def random_model(rng: np.random.Generator, D: int, latent: int, hidden: int = 5) -> Model:
    """One hidden layer each way; posterior variances away from 1."""
    return Model(
        encoder=[affine(rng, D, hidden)],
        mean=affine(rng, hidden, latent),
        log_var=(affine(rng, hidden, latent)[0], rng.uniform(-2.0, 1.0, latent)),
        decoder=[affine(rng, latent, hidden), affine(rng, hidden, D, 2.0)],
    )


def random_case(seed: int, K: int | None = None, B: int = 3, D: int = 4, latent: int = 2) -> Case:
    """A random model with grey pixels, some of them black or white, and noise (B, latent) or (B, K, latent)."""
    rng = np.random.default_rng(seed)
    x = rng.random((B, D))
    x[rng.random((B, D)) < 0.2] = 0.0
    x[rng.random((B, D)) < 0.2] = 1.0
    shape = (B, latent) if K is None else (B, K, latent)
    return Case(random_model(rng, D, latent), x, rng.normal(size=shape))


def affine_model(
    rng: np.random.Generator, D: int = 4, latent: int = 2, log_var: float = 0.0, shift: float = 0.0
) -> Model:
    """Logits c + W z with c near -20; q = N(Wᵀ x + shift, exp(log_var) I), the exact posterior where both are 0.

    LeakyReLU between the encoder's layers is made the identity by a large bias that the next layer takes away.
    """
    W, c, far = rng.normal(size=(D, latent)) * 0.5, -20 - rng.random(D), 50.0
    hidden = (np.eye(D), np.full(D, far))
    mean = (W.T.copy(), np.full(latent, shift) - far * W.T.sum(1))
    return Model([hidden], mean, (np.zeros((latent, D)), np.full(latent, log_var)), [(W, c)])


def log_evidence(model: Model, x: Float[Array, "B D"]) -> Float[Array, " B"]:
    """log p(x) of an `affine_model` in nats."""
    W, c = model.decoder[0]
    return x @ c + 0.5 * np.square(x @ W).sum(1)


def cast(case: Case, dtype: type) -> Case:
    """The same case in another precision."""

    def layers(pairs: list[tuple[Array, Array]]) -> list[tuple[Array, Array]]:
        return [(weight.astype(dtype), bias.astype(dtype)) for weight, bias in pairs]

    m = case.model
    model = Model(layers(m.encoder), layers([m.mean])[0], layers([m.log_var])[0], layers(m.decoder))
    return Case(model, case.x.astype(dtype), case.eps.astype(dtype))


# -- definitions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Terms:
    """log p(x | z), log p(z), log q(z | x) at z = mean + σ ε, with their graphs.

    `log_q_path` has the parameters of q held fixed; `log_q_score` has z held fixed.
    """

    log_likelihood: Tensor
    log_prior: Tensor
    log_q: Tensor
    log_q_path: Tensor
    log_q_score: Tensor
    kl: Tensor
    sd: Tensor
    z: Tensor

    @property
    def log_w(self) -> Tensor:
        """log p(x, z) - log q(z | x)."""
        return self.log_likelihood + self.log_prior - self.log_q

    @property
    def log_w_path(self) -> Tensor:
        """The same value, differentiated through z only."""
        return self.log_likelihood + self.log_prior - self.log_q_path


def define(network: Network, case: Case) -> Terms:
    """The three log densities in nats, (B,) or (B, K), by torch.distributions in float64."""
    x, eps = torch.from_numpy(case.x).double(), torch.from_numpy(case.eps).double()
    mean, log_var = network.encoder(x)
    sd = torch.exp(log_var / 2)
    analytic = 0.5 * (mean.square() + sd.square() - 1 - log_var).sum(-1)
    if eps.dim() == 3:
        x, mean, sd = x.unsqueeze(1), mean.unsqueeze(1), sd.unsqueeze(1)
    z = mean + sd * eps
    logits = network.decoder(z)
    return Terms(
        log_likelihood=Bernoulli(logits=logits, validate_args=False).log_prob(x.expand_as(logits)).sum(-1),
        log_prior=Normal(0.0, 1.0).log_prob(z).sum(-1),
        log_q=Normal(mean, sd).log_prob(z).sum(-1),
        log_q_path=Normal(mean.detach(), sd.detach()).log_prob(z).sum(-1),
        log_q_score=Normal(mean, sd).log_prob(z.detach()).sum(-1),
        kl=analytic,
        sd=sd,
        z=z,
    )


def network_of(case: Case) -> Network:
    """The model of a case as the judge's own network, in float64."""
    return Network(cast(case, np.float64).model)


def gradient(value: Tensor, network: Network) -> dict[str, Array]:
    """The gradient of a scalar in every parameter, zero where it does not depend on one."""
    named = dict(network.named_parameters())
    found = torch.autograd.grad(value, list(named.values()), retain_graph=True, allow_unused=True)
    return {
        name: np.zeros(tuple(parameter.shape)) if each is None else each.numpy()
        for (name, parameter), each in zip(named.items(), found, strict=True)
    }


def flat(gradients: Mapping[str, Array | None], prefix: str, like: Mapping[str, Array]) -> Float[Array, " P"]:
    """The entries of the parameters whose name starts with `prefix`, in the order of `like`; None counts as zeros."""
    parts = [gradients.get(name) for name in like if name.startswith(prefix)]
    sizes = [like[name] for name in like if name.startswith(prefix)]
    return np.concatenate(
        [np.ravel(size * 0 if part is None else part) for part, size in zip(parts, sizes, strict=True)]
    )
