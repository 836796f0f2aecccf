"""The exact truth about the Normal–Gamma model that experiments are judged by.

The prior is conjugate: with x̄ and S the mean and scatter of the data the posterior is Normal–Gamma with

    lambda_n = lambda_0 + N                 mu_n = (lambda_0 mu_0 + N x̄) / lambda_n
    a_n = a_0 + N/2                         b_n = b_0 + S/2 + lambda_0 N (x̄ - mu_0)^2 / (2 lambda_n)

(Murphy 2007, Conjugate Bayesian analysis of the Gaussian distribution, section 3). A mean field q falls short of
log p(x) by KL(q || posterior), which is computed here as it stands, so that small gaps do not cancel away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, gammaln

Quadruple = tuple[float, float, float, float]


@dataclass(frozen=True)
class Posterior:
    """mu | tau ~ N(mu, 1/(count tau)), tau ~ Gamma(a, rate b), and the evidence of the data in nats."""

    mu: float
    count: float
    a: float
    b: float
    log_evidence: float

    @classmethod
    def of(cls, x: Float[np.ndarray, " N"], prior: Quadruple) -> Posterior:
        """By conjugacy; the evidence is the ratio of the normalisers."""
        mu_0, lambda_0, a_0, b_0 = prior
        n, mean = len(x), float(np.mean(x))
        count, a = lambda_0 + n, a_0 + n / 2
        scatter = float(np.square(x - mean).sum()) + lambda_0 * n / count * (mean - mu_0) ** 2
        b = b_0 + scatter / 2
        gammas = gammaln(a) - gammaln(a_0) + a_0 * np.log(b_0) - a * np.log(b)
        evidence = gammas + 0.5 * np.log(lambda_0 / count) - n / 2 * np.log(2 * np.pi)
        return cls(mu_0 + n / count * (mean - mu_0), count, a, b, float(evidence))

    @property
    def mean_tau(self) -> float:
        """E[tau | x]."""
        return self.a / self.b

    @property
    def sd_tau(self) -> float:
        """The posterior standard deviation of tau."""
        return float(np.sqrt(self.a)) / self.b

    @property
    def sd_mu(self) -> float:
        """The scale of mu's Student t posterior, sqrt(b / (a count)): finite for every N."""
        return float(np.sqrt(self.b / (self.a * self.count)))

    @property
    def mean_field(self) -> Quadruple:
        """The optimum of the bound among q = N(mu_N, 1/lambda_N) Gamma(a_N, b_N): coordinate ascent's fixed point."""
        return self.mu, self.count * self.mean_tau, self.a + 0.5, self.b * (1 + 0.5 / self.a)

    def gap(self, q: Float[np.ndarray, "... 4"]) -> Float[np.ndarray, ...]:
        """KL(q || posterior) = log p(x) - ELBO(q) in nats."""
        mu_N, lambda_N, a_N, b_N = np.moveaxis(np.asarray(q, dtype=float), -1, 0)
        mean_tau, mean_log_tau = a_N / b_N, digamma(a_N) - np.log(b_N)
        # KL of two normals, the second with precision count tau, averaged over tau.
        quadratic = self.count * mean_tau * (1 / lambda_N + (mu_N - self.mu) ** 2)
        normal = 0.5 * (quadratic - 1 + np.log(lambda_N / self.count) - mean_log_tau)
        gammas = gammaln(self.a) - gammaln(a_N) + self.a * (np.log(b_N) - np.log(self.b))
        return normal + gammas + (a_N - self.a) * digamma(a_N) + (self.b - b_N) * mean_tau
