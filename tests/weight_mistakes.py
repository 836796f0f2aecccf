"""Log weights that known mistakes give, of one draw a row or of K."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.special import logsumexp
from torch.distributions import Bernoulli, Normal

from tests import autoencoders as ae
from tests.gradient_parts import values
from tests.recognition import Mistakes

Array = np.ndarray


def wrong_log_weights(case: ae.Case, terms: ae.Terms) -> Mistakes:
    """By name; what they are made of is `terms`."""
    network = ae.network_of(case)
    latent, D = case.eps.shape[-1], case.x.shape[-1]
    log_p, prior, log_q = (values(t) for t in (terms.log_likelihood, terms.log_prior, terms.log_q))
    half = 0.5 * latent * np.log(2 * np.pi)

    def pixels(x: Array, probs: bool = False) -> Array:
        logits = network.decoder(terms.z)
        given = torch.from_numpy(x if case.eps.ndim == 2 else x[:, None]).expand_as(logits)
        logits = torch.sigmoid(logits) if probs else logits
        return values(Bernoulli(logits=logits, validate_args=False).log_prob(given).sum(-1))

    def at(eps: Array) -> Array:
        return values(ae.define(network, replace(case, eps=np.broadcast_to(eps, case.eps.shape).copy())).log_w)

    def too_wide() -> Array:
        return values(Normal(0.0, terms.sd.square()).log_prob(terms.sd * torch.from_numpy(case.eps)).sum(-1))

    wrong: dict[str, Callable[[], ArrayLike]] = {
        "log(2 pi) is missing in log p(z)": lambda: log_p + prior + half - log_q,
        "log(2 pi) is missing in log q(z | x)": lambda: log_p + prior - log_q - half,
        "the sign of log q(z | x) is wrong": lambda: log_p + prior + log_q,
        "log p(z) is missing": lambda: log_p - log_q,
        "log q(z | x) is missing": lambda: log_p + prior,
        "log p(x | z) is averaged over pixels; it is a sum": lambda: log_p / D + prior - log_q,
        "log p(z) and log q(z | x) are averaged over the latent variables; they are sums": lambda: (
            log_p + (prior - log_q) / latent
        ),
        "the sign is wrong: these are -log w": lambda: -(log_p + prior - log_q),
        "the variance is used as the standard deviation in log q(z | x)": lambda: log_p + prior - too_wide(),
        "log sigma is missing in log q(z | x)": lambda: log_p + prior - log_q - values(terms.sd.log().sum(-1)),
        "the KL divergence is the analytic one; log w is asked for at the drawn z": lambda: (
            log_p - values(terms.kl).reshape(-1, *[1] * (log_p.ndim - 1))
        ),
        "the sigmoid is applied twice: the decoder gives logits": lambda: pixels(case.x, probs=True) + prior - log_q,
        "x is rounded to 0 and 1; grey values are used as they are": lambda: pixels(case.x.round()) + prior - log_q,
        "x is made 1 where it is not 0; grey values are used as they are": lambda: (
            pixels((case.x > 0).astype(float)) + prior - log_q
        ),
        "all rows have the noise of the first": lambda: at(case.eps[:1]),
        "the noise is not used": lambda: at(0 * case.eps),
        "these are the weights; their logarithms are asked for": lambda: np.exp(log_p + prior - log_q),
    }
    return wrong if case.eps.ndim == 2 else {**wrong, **wrong_among_draws(case, terms, at)}


def wrong_among_draws(case: ae.Case, terms: ae.Terms, at: Callable[[Array], Array]) -> Mistakes:
    """Where there are K draws of each row."""
    log_w = values(terms.log_w)
    B, K, latent = case.eps.shape

    def tiled() -> Array:
        x = torch.from_numpy(np.tile(case.x, (K, 1)).reshape(B, K, -1))
        logits = ae.network_of(case).decoder(terms.z)
        return values(
            Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(-1) + terms.log_w - terms.log_likelihood
        )

    return {
        "averaged over the draws; one value for each draw is asked for": lambda: log_w.mean(1, keepdims=True),
        "these are normalised weights; the contract asks for log w": lambda: (
            log_w - logsumexp(log_w, axis=1, keepdims=True)
        ),
        "the largest log weight is taken away": lambda: log_w - log_w.max(1, keepdims=True),
        "log K is taken away here; it belongs into the loss": lambda: log_w - np.log(K),
        "all draws of a row have the noise of the first": lambda: at(case.eps[:, :1]),
        "rows and draws of the noise are mixed up": lambda: at(case.eps.reshape(K, B, latent).swapaxes(0, 1)),
        "draws meet another row's x: repeat_interleave keeps the draws of a row together, repeat does not": tiled,
    }
