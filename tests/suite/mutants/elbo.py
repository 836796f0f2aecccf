"""Mistakes in the closed form of the bound (1.2.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import digamma, gammaln

from implementations import normal_gamma
from tests.suite.corpus import target

LOG_2PI = float(np.log(2 * np.pi))

elbo = target("1.2.5", "normal_gamma.elbo")


def moments(q: Any) -> tuple[float, float]:
    """E[tau] and E[log tau]."""
    return q[2] / q[3], float(digamma(q[2]) - np.log(q[3]))


def entropies(q: Any) -> tuple[float, float]:
    """Of q(mu) and q(tau)."""
    entropy_tau = q[2] - np.log(q[3]) + gammaln(q[2]) + (1 - q[2]) * digamma(q[2])
    return 0.5 * (1 + LOG_2PI - np.log(q[1])), float(entropy_tau)


def changed(change: Any) -> Any:
    """The bound plus change(x, prior, q)."""
    return lambda x, prior, q: normal_gamma.elbo(x, prior, q) + change(np.asarray(x), prior, q)


elbo.wrong(
    "the sign is that of a loss",
    "The bound is asked for, not minus the bound.",
    lambda x, p, q: -normal_gamma.elbo(x, p, q),
)
elbo.wrong(
    "the entropy of q(mu) is missing",
    "ELBO = E[log p] + H[q(mu)] + H[q(tau)]; H[q(mu)] = (1 + log 2π - log lambda_N)/2 is missing.",
    changed(lambda x, p, q: -entropies(q)[0]),
)
elbo.wrong(
    "the entropy of q(tau) is missing",
    "ELBO = E[log p] + H[q(mu)] + H[q(tau)]; the Gamma's entropy is missing.",
    changed(lambda x, p, q: -entropies(q)[1]),
)
elbo.wrong(
    "the entropy has the wrong sign",
    "-E[log q] = H[q] is added, not subtracted.",
    changed(lambda x, p, q: -2 * sum(entropies(q))),
)
elbo.wrong(
    "the constant of the likelihood is dropped",
    "-N/2 log(2π) is missing: the bound may then lie above log p(x).",
    changed(lambda x, p, q: len(x) / 2 * LOG_2PI),
)
elbo.wrong(
    "the variance of mu is forgotten",
    "E[(x_n - mu)²] = (x_n - mu_N)² + 1/lambda_N: the variance of mu adds up N times.",
    changed(lambda x, p, q: moments(q)[0] * len(x) / q[1] / 2),
)
elbo.wrong(
    "the variance of mu is forgotten in the prior",
    "E[(mu - mu_0)²] = (mu_N - mu_0)² + 1/lambda_N.",
    changed(lambda x, p, q: moments(q)[0] * p[1] / q[1] / 2),
)
elbo.wrong(
    "log E[tau] for E[log tau]",
    "E[log tau] = ψ(a_N) - log b_N is smaller than log E[tau] = log(a_N/b_N) (Jensen).",
    changed(lambda x, p, q: (len(x) / 2 + p[2] - 0.5) * (np.log(moments(q)[0]) - moments(q)[1])),
)
elbo.wrong(
    "the factor √tau of the prior is missing",
    "E[log p(mu | tau)] contains E[log tau]/2.",
    changed(lambda x, p, q: -moments(q)[1] / 2),
)
elbo.wrong(
    "mu and tau are independent a priori",
    "The prior's precision of mu is lambda_0 tau; here it is lambda_0.",
    changed(lambda x, p, q: -moments(q)[1] / 2 + (moments(q)[0] - 1) * p[1] / 2 * ((q[0] - p[0]) ** 2 + 1 / q[1])),
)
elbo.wrong(
    "b_0 is used as a scale",
    "The prior of tau is Gamma with rate b_0.",
    lambda x, p, q: normal_gamma.elbo(x, (*p[:3], 1 / p[3]), q),
)
elbo.wrong(
    "the log evidence of the prior is double counted",
    "log Γ(a_0) is subtracted once.",
    changed(lambda x, p, q: -gammaln(p[2])),
)
