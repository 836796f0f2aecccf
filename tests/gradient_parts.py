"""The gradients of the VAE's loss, part by part, by autodiff of torch.distributions densities.

At fixed noise the total derivative of log w = log p(x, z) - log q(z | x) in the encoder's parameters is

    d log w / dφ  =  ∂ log w / ∂z · dz/dφ  (path)  -  ∂ log q(z | x) / ∂φ  (score)

Roeder, Wu, Duvenaud 2017, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from grading.verdict.claims import array
from tests import autoencoders as ae
from tests.recognition import Mistakes

Array = np.ndarray
RTOL, ATOL = 1e-6, 1e-8
DETACHED = "z is detached, or computed under no_grad: stop the gradient in the parameters of q inside log q only"

ACTIVATIONS = "the activations are detached inside log q, not the parameters: the last layers still get the score"
LAST_LAYERS = "only the last layers are held fixed inside log q: the layers below still get the score"


class Parts:
    """The gradients of the loss -mean(log w) of a case, part by part, and those that known mistakes give."""

    def __init__(self, case: ae.Case) -> None:
        self.network = ae.network_of(case)
        self.terms = terms = ae.define(self.network, case)
        self.total = self.of_mean(-terms.log_w)
        self.path = self.of_mean(-terms.log_w_path)
        self.score = self.of_mean(terms.log_q_score)

    def of_mean(self, rows: torch.Tensor) -> dict[str, Array]:
        """Gradient of the mean of rows."""
        return ae.gradient(rows.mean(), self.network)

    def take(self, gradients: Mapping[str, Array | None], prefix: str) -> Array:
        """All entries of the parameters with this prefix; missing gradients are zeros, NaN is refused."""
        entries = ae.flat(gradients, prefix, self.total)
        return array(entries, entries.shape, f"gradient in {prefix[:-1]}")

    def wrong(self, prefix: str) -> Mistakes:
        """Gradients that known mistakes give."""
        t, rows = self.terms, len(self.terms.log_w)
        log_p, prior = t.log_likelihood, t.log_prior
        wrong: dict[str, Callable[[], torch.Tensor]] = {
            "no gradient reaches these parameters": lambda: 0 * t.log_w,
            "this is the total derivative: hold the parameters of q fixed inside log q": lambda: -t.log_w,
            "this is the path derivative: the score term is missing": lambda: -t.log_w_path,
            "the analytic KL divergence is used: its gradient has no score term to remove": lambda: -log_p + t.kl,
            "the KL divergence is detached: only log p(x | z) still has a gradient": lambda: -log_p,
            "log q is detached as a whole, so the path through z is lost": lambda: -log_p - prior,
            "z is detached inside log q, instead of the parameters": lambda: -log_p - prior + t.log_q_score,
            DETACHED: lambda: t.log_q_score,
            "summed over the batch; it is a mean": lambda: -rows * t.log_w,
            "summed over the batch; it is a mean (path derivative)": lambda: -rows * t.log_w_path,
            "the sign is wrong: a loss goes down where the bound goes up": lambda: t.log_w,
        }

        def lazily(value: Callable[[], torch.Tensor]) -> Callable[[], Array]:
            return lambda: ae.flat(self.of_mean(value()), prefix, self.total)

        return {name: lazily(value) for name, value in wrong.items()} | {
            ACTIVATIONS: lambda: self.mixed(prefix, last=self.total, below=self.path),
            LAST_LAYERS: lambda: self.mixed(prefix, last=self.path, below=self.total),
        }

    def mixed(self, prefix: str, last: Mapping[str, Array], below: Mapping[str, Array]) -> Array:
        """Entries of one gradient in the encoder's last layers, of another in those below."""
        return self.take({name: below[name] if "hidden" in name else last[name] for name in self.total}, prefix)


def wrong_losses(case: ae.Case) -> Mistakes:
    """Losses that known mistakes give."""
    terms = define(case)
    log_w, D = values(terms.log_w), case.x.shape[-1]
    log_p, rest = values(terms.log_likelihood), values(terms.log_w - terms.log_likelihood)
    return {
        "summed over the batch; it is a mean": lambda: -log_w.sum(),
        "the sign is wrong: this is +ELBO": lambda: log_w.mean(),
        "averaged over pixels too; pixels are summed": lambda: -(log_p / D + rest).mean(),
        "log p(x | z) is averaged over pixels (reduction='mean'), and the KL divergence is the analytic one": lambda: (
            -(log_p / D - values(terms.kl)).mean()
        ),
        "log p(x | z) is summed over the batch, the rest averaged": lambda: -log_p.sum() - rest.mean(),
        "the entropy of q is the analytic one; the contract asks for log q at the drawn z": lambda: (
            -(log_p + values(terms.log_prior + (0.5 + 0.5 * np.log(2 * np.pi) + terms.sd.log()).sum(-1))).mean()
        ),
        "divided by the number of pixels; only the batch is averaged": lambda: -log_w.mean() / D,
        "the logarithm of the mean weight of the batch; log w is averaged": lambda: -np.log(np.exp(log_w).mean()),
        "KL(q || p) has the wrong sign": lambda: (-log_p - values(terms.kl)).mean(),
        "the KL divergence is the analytic one; the contract asks for log w at the drawn z": lambda: (
            -log_p + values(terms.kl)
        ).mean(),
    }


def define(case: ae.Case) -> ae.Terms:
    """The densities of a case."""
    return ae.define(ae.network_of(case), case)


def values(tensor: torch.Tensor) -> Array:
    """A tensor's values."""
    return tensor.detach().numpy()
