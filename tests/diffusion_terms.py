"""The terms of the diffusion bound by torch.distributions, and what known mistakes make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from tests.diffusion_chain import Chain, D
from tests.recognition import Mistakes, agrees

Array = np.ndarray


def normal(mean: Array, variance: Array | float) -> Normal:
    """An isotropic normal."""
    return Normal(torch.from_numpy(mean), torch.as_tensor(variance, dtype=torch.float64).sqrt().expand(mean.shape))


def check_kl(found: Array, q: Normal, p: Normal, what: str, others: Mapping[str, Normal] | None = None) -> None:
    """One KL term, with the usual mistakes; `others` are what stands for q in some."""

    def kl_to_p(other: Normal) -> Callable[[], Array]:
        return lambda: kl_divergence(other, p).sum(-1).numpy()

    expected = kl_to_p(q)()
    half_log = (p.scale.log() - q.scale.log()).sum(-1).numpy()
    distance = ((q.mean - p.mean) ** 2 / (2 * p.variance)).sum(-1).numpy()
    mistakes: Mistakes = {
        "the direction is KL(p || q); it is KL(q || p)": lambda: kl_divergence(p, q).sum(-1).numpy(),
        "the sign is wrong: the bound is minimised, KL terms are added": lambda: -expected,
        "averaged over coordinates; it is a sum": lambda: expected / D,
        "only the squared distance of the means is left: the terms in the variances are missing": lambda: distance,
        "the logarithm of the variances is missing": lambda: expected - half_log,
        "the logarithm of the variances has the wrong sign": lambda: expected - 2 * half_log,
        "one half is missing": lambda: 2 * expected,
        "one half is missing in the squared distance": lambda: expected + distance,
        "the squared distance alone, without one half: the terms in the variances are missing too": lambda: (
            2 * distance
        ),
        "the variances' part is that of one coordinate; there are D": lambda: distance + (expected - distance) / D,
        "the logarithm of the variances is that of one coordinate; there are D": lambda: (
            expected - half_log * (D - 1) / D
        ),
        "-1 is missing in the variances' part: log(p/q) + q/p - 1 for each coordinate": lambda: expected + D / 2,
        "the variances are used as standard deviations": lambda: (
            kl_divergence(Normal(q.mean, q.variance), Normal(p.mean, p.variance)).sum(-1).numpy()
        ),
        "this is E_q[-log p]: the entropy of q is missing": lambda: expected + q.entropy().sum(-1).numpy(),
        "in bits; nats are asked for": lambda: expected / np.log(2),
        "averaged over the data points; one value for each is asked for": lambda: np.full(
            len(expected), expected.mean()
        ),
        **{name: kl_to_p(other) for name, other in (others or {}).items()},
    }
    agrees(found, expected, what, mistakes=mistakes, atol=1e-9, oracle="KL divergence by torch.distributions")


def check_first(L_0: Array, c: Chain) -> None:
    """-log p(x_0 | x_1), with the usual mistakes."""

    def log_prob(x: Array, variance: float = c.v[0]) -> Array:
        return normal(c.mean[0], variance).log_prob(torch.from_numpy(x)).sum(-1).numpy()

    expected = -log_prob(c.x0)
    log_two_pi, log_variance = np.log(2 * np.pi), np.log(c.v[0])
    mistakes: Mistakes = {
        "L_0 has the wrong sign: it is -log p(x_0 | x_1)": lambda: -expected,
        "log of the variance is missing in L_0": lambda: expected - D / 2 * log_variance,
        "log(2 pi) is missing in L_0": lambda: expected - D / 2 * log_two_pi,
        "log(2 pi) and log of the variance are missing in L_0": lambda: expected - D / 2 * (log_two_pi + log_variance),
        "log(2 pi sigma^2) is that of one coordinate in L_0; there are D": lambda: (
            expected - (D - 1) / 2 * (log_two_pi + log_variance)
        ),
        "L_0 is at x_1; it is at x_0": lambda: -log_prob(c.x[0]),
        "L_0 is averaged over coordinates; it is a sum": lambda: expected / D,
        "the variance is used as a standard deviation in L_0": lambda: -log_prob(c.x0, c.v[0] ** 2),
        "the variance of L_0 is taken to be beta_1; it is variance[0]": lambda: -log_prob(c.x0, c.betas[0]),
    }
    agrees(L_0, expected, "L_0", mistakes=mistakes, atol=1e-9, oracle="-log p(x_0 | x_1) by torch.distributions")
