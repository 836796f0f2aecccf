"""Other correct ways to the Normal–Gamma densities, the score gradient and control variates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from scipy import stats
from scipy.special import digamma, gammaln

from implementations import bbvi, normal_gamma
from tests.suite.corpus import target

likelihood = target("1.2.4", "normal_gamma.log_likelihood")
prior = target("1.2.4", "normal_gamma.log_prior")
log_q = target("1.2.4", "normal_gamma.log_q")
score = target("1.2.4", "normal_gamma.score")
sample_q = target("1.2.5", "normal_gamma.sample_q")
elbo = target("1.2.5", "normal_gamma.elbo")
gradient = target("1.2.5", "bbvi.gradient_draws")
fit = target("1.2.5", "bbvi.fit")
control = target("2.2.13", "bbvi.control_variate")

likelihood.right(
    "scipy's densities, one draw after the other",
    lambda x, mu, tau: np.array([stats.norm.logpdf(x, m, t**-0.5).sum() for m, t in zip(mu, tau, strict=True)]),
)
likelihood.right(
    "broadcasting over points and draws",
    lambda x, mu, tau: (
        0.5 * np.log(tau / (2 * np.pi)) - 0.5 * tau * (np.asarray(x)[:, None] - np.asarray(mu)) ** 2
    ).sum(axis=0),
)
likelihood.right(
    "a list of numbers",
    lambda x, mu, tau: [float(value) for value in normal_gamma.log_likelihood(x, mu, tau)],
)
prior.right(
    "scipy's densities",
    lambda mu, tau, p: (
        stats.norm.logpdf(mu, p[0], (p[1] * tau) ** -0.5) + stats.gamma.logpdf(tau, p[2], scale=1 / p[3])
    ),
)
prior.right(
    "the powers of tau collected",
    lambda mu, tau, p: (
        p[2] * np.log(p[3])
        - gammaln(p[2])
        + 0.5 * np.log(p[1] / (2 * np.pi))
        + (p[2] - 0.5) * np.log(tau)
        - tau * (p[3] + 0.5 * p[1] * (mu - p[0]) ** 2)
    ),
)
log_q.right(
    "scipy's densities",
    lambda mu, tau, q: stats.norm.logpdf(mu, q[0], q[1] ** -0.5) + stats.gamma.logpdf(tau, q[2], scale=1 / q[3]),
)
log_q.right(
    "math.lgamma in a loop",
    lambda mu, tau, q: np.array(
        [
            0.5 * math.log(q[1] / (2 * math.pi))
            - 0.5 * q[1] * (m - q[0]) ** 2
            + q[2] * math.log(q[3])
            - math.lgamma(q[2])
            + (q[2] - 1) * math.log(t)
            - q[3] * t
            for m, t in zip(mu, tau, strict=True)
        ]
    ),
)
score.right(
    "stacked columns",
    lambda mu, tau, q: np.column_stack(
        [
            q[1] * (mu - q[0]),
            1 / (2 * q[1]) - (mu - q[0]) ** 2 / 2,
            math.log(q[3]) - digamma(q[2]) + np.log(tau),
            q[2] / q[3] - tau,
        ]
    ),
)


def score_by_autodiff(mu: Any, tau: Any, q: Any) -> np.ndarray:
    """torch differentiates log q at each draw."""

    def log_density(parameters: torch.Tensor, m: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        mean, precision, a, b = parameters
        normal = 0.5 * (torch.log(precision) - precision * (m - mean) ** 2)
        return normal + a * torch.log(b) - torch.lgamma(a) + (a - 1) * torch.log(t) - b * t

    at = torch.tensor([float(value) for value in q], dtype=torch.float64)
    draws = torch.from_numpy(np.asarray(mu)).double(), torch.from_numpy(np.asarray(tau)).double()
    return torch.func.vmap(torch.func.grad(log_density), (None, 0, 0))(at, *draws).numpy()


score.right("automatic differentiation", score_by_autodiff)
sample_q.right(
    "standard draws, shifted and scaled",
    lambda q, n, rng: (q[0] + rng.standard_normal(n) / np.sqrt(q[1]), rng.standard_gamma(q[2], n) / q[3]),
)
sample_q.right(
    "one draw after the other",
    lambda q, n, rng: tuple(
        np.array([(rng.normal(q[0], q[1] ** -0.5), rng.gamma(q[2], 1 / q[3])) for _ in range(n)]).reshape(n, 2).T
    ),
)


def elbo_by_kl(x: Any, p: Any, q: Any) -> float:
    """E[log likelihood] - E KL(q(mu) || p(mu | tau)) - KL(q(tau) || p(tau))."""
    mean_tau, mean_log = q[2] / q[3], digamma(q[2]) - math.log(q[3])
    d = np.asarray(x) - q[0]
    likelihood = 0.5 * len(x) * (mean_log - math.log(2 * math.pi)) - 0.5 * mean_tau * ((d**2).sum() + len(x) / q[1])
    kl_mu = 0.5 * (math.log(q[1] / p[1]) - mean_log + p[1] * mean_tau * (1 / q[1] + (q[0] - p[0]) ** 2) - 1)
    kl_tau = (
        (q[2] - p[2]) * digamma(q[2])
        - gammaln(q[2])
        + gammaln(p[2])
        + p[2] * math.log(q[3] / p[3])
        + q[2] * (p[3] - q[3]) / q[3]
    )
    return float(likelihood - kl_mu - kl_tau)


elbo.right("likelihood minus two KL divergences", elbo_by_kl)
gradient.right(
    "one draw after the other",
    lambda x, p, q, mu, tau: np.array(
        [bbvi.gradient_draws(x, p, q, mu[s : s + 1], tau[s : s + 1])[0] for s in range(len(mu))]
    ),
)
gradient.right(
    "einsum of score and log ratio",
    lambda x, p, q, mu, tau: np.einsum(
        "si,s->si",
        normal_gamma.score(mu, tau, q),
        normal_gamma.log_likelihood(x, mu, tau) + normal_gamma.log_prior(mu, tau, p) - normal_gamma.log_q(mu, tau, q),
    ),
)


def plain(x: Any, p: Any, q: Any, n: int, rng: Any) -> tuple[np.ndarray, np.ndarray]:
    """Gradient rows at n draws, and the scores."""
    mu, tau = normal_gamma.sample_q(q, n, rng)
    return bbvi.gradient_draws(x, p, q, mu, tau), normal_gamma.score(mu, tau, q)


def fit_in(to_free: Any, to_positive: Any, slope: Any, rows: Any = plain) -> Any:
    """Ascent in free coordinates, positive = to_positive(free), slope = d positive / d free at positive."""

    def fit(x: Any, p: Any, q: Any, n_steps: int, n_samples: int, size: Any, rng: Any, cv: bool = False) -> Any:
        rho, path = np.broadcast_to(np.asarray(size, dtype=float), n_steps), [np.array(q, dtype=float)]
        for t in range(n_steps):
            now = path[-1]
            f, h = rows(x, p, now, n_samples, rng)
            if cv:
                f = np.hstack([bbvi.control_variate(f[:, i : i + 2], h[:, i : i + 2]) for i in (0, 2)])
            step = rho[t] * f.mean(axis=0)
            free = to_free(now[1:]) + slope(now[1:]) * step[1:]
            path.append(np.concatenate([now[:1] + step[:1], to_positive(free)]))
        return np.array(path)

    return fit


def leave_one_out(x: Any, p: Any, q: Any, n: int, rng: Any) -> tuple[np.ndarray, np.ndarray]:
    """Less the mean of the other draws' signals, in every step."""
    f, h = plain(x, p, q, n, rng)
    signal = f[:, :1] / h[:, :1]
    return h * (signal - signal.mean()) * n / (n - 1), h


def antithetic(x: Any, p: Any, q: Any, n: int, rng: Any) -> tuple[np.ndarray, np.ndarray]:
    """Each mu with its mirror image."""
    z, tau = rng.standard_normal(n // 2), rng.gamma(q[2], 1 / q[3], n // 2 * 2)
    mu = q[0] + np.concatenate([z, -z]) / np.sqrt(q[1])
    return bbvi.gradient_draws(x, p, q, mu, tau), normal_gamma.score(mu, tau, q)


Coordinate = tuple[Any, Any, Any]
LOG: Coordinate = (np.log, np.exp, lambda v: v)
ROOT: Coordinate = (np.sqrt, np.square, lambda v: 2 * np.sqrt(v))
SOFTPLUS: Coordinate = (lambda v: v + np.log(-np.expm1(-v)), lambda u: np.logaddexp(0, u), lambda v: -np.expm1(-v))
DEVIATION: Coordinate = (lambda v: v**-0.5, lambda s: s**-2.0, lambda v: -2 * v**1.5)
LOG_DEVIATION: Coordinate = (lambda v: -0.5 * np.log(v), lambda u: np.exp(-2 * u), lambda v: -2 * v)


def one_each(*coordinates: Coordinate) -> tuple[Any, ...]:
    """to_free, to_positive and slope, where lambda_N, a_N and b_N have coordinates of their own."""

    def together(place: int) -> Any:
        return lambda values: np.array([each[place](v) for each, v in zip(coordinates, values, strict=True)])

    return tuple(together(place) for place in range(3))


fit.right("steps in logarithms", fit_in(*LOG))
fit.right("steps in square roots", fit_in(*ROOT))
fit.right("steps in the inverse of softplus", fit_in(*SOFTPLUS))
fit.right("a logarithm of lambda_N, softplus for a_N and b_N", fit_in(*one_each(LOG, SOFTPLUS, SOFTPLUS)))
fit.right("the standard deviation of mu, logarithms of a_N and b_N", fit_in(*one_each(DEVIATION, LOG, LOG)))
fit.right("log sigma of mu, softplus for a_N, a root for b_N", fit_in(*one_each(LOG_DEVIATION, SOFTPLUS, ROOT)))
fit.right("a leave-one-out baseline throughout", fit_in(*LOG, leave_one_out))
fit.right("antithetic draws of mu", fit_in(*LOG, antithetic))
controlled_fit = target("2.2.13", "bbvi.fit")
controlled_fit.right("steps in logarithms", fit_in(*LOG))
controlled_fit.right("a logarithm, softplus and a root", fit_in(*one_each(LOG, SOFTPLUS, ROOT)))
controlled_fit.right("a leave-one-out baseline throughout", fit_in(*LOG, leave_one_out))
controlled_fit.right("antithetic draws of mu", fit_in(*LOG, antithetic))


def published(f: Any, h: Any) -> np.ndarray:
    """Algorithm 2 of Ranganath et al.: the scaling from the same rows, one for the whole factor."""
    f, h = np.asarray(f), np.asarray(h)
    pairs = [np.cov(f[:, d], h[:, d]) for d in range(f.shape[1])]
    variance = sum(pair[1, 1] for pair in pairs)
    return f - (sum(pair[0, 1] for pair in pairs) / variance if variance > 0 else 0.0) * h


def independent_halves(f: Any, h: Any) -> np.ndarray:
    """Each half of the rows with the scaling of the other half."""
    f, h, half = np.asarray(f), np.asarray(h), len(f) // 2
    first, second = slice(None, half), slice(half, None)
    scaling = [scaling_of(f[rows], h[rows]) for rows in (second, first)]
    return np.concatenate([f[first] - scaling[0] * h[first], f[second] - scaling[1] * h[second]])


def scaling_of(f: np.ndarray, h: np.ndarray) -> float:
    """Σ Cov / Σ Var; 0 where there are too few rows."""
    f, h = f - f.mean(axis=0), h - h.mean(axis=0)
    return float((f * h).sum() / (h * h).sum()) if len(f) > 1 else 0.0


control.right("published Algorithm 2: the same rows", published)
control.right("each half with the scaling of the other half", independent_halves)
control.right(
    "np.cov over np.var: n/(n - 1) too large, which vanishes with n",
    lambda f, h: f - (f - published(f, h)) * len(f) / (len(f) - 1),
)
control.right(
    "one scaling of all entries",
    lambda f, h: f - np.cov(np.ravel(f), np.ravel(h))[0, 1] / np.var(np.ravel(h), ddof=1) * h,
)


def leave_each_out(f: Any, h: Any) -> np.ndarray:
    """Each row with the scaling of all others, in a loop over a loop."""
    rows = []
    for s in range(len(f)):
        rest = np.arange(len(f)) != s
        rows.append(f[s] - (scaling_of(f[rest], h[rest]) if len(f) > 2 else 0.0) * h[s])
    return np.array(rows)


control.right("each row with the scaling of the others, one after the other", leave_each_out)
control.right("E[f h] over Var(h), for E[h] = 0", lambda f, h: f - (f * h).mean(0) / h.var(0) * h)
control.right("a regression on all components of h", lambda f, h: f - h @ np.linalg.lstsq(h, f, rcond=None)[0])


def in_torch(f: Any, h: Any) -> np.ndarray:
    """torch's var divides by S - 1; a single row has none, and stays."""
    f, h = torch.as_tensor(np.asarray(f)), torch.as_tensor(np.asarray(h))
    if len(f) < 2:
        return f.numpy()
    return (f - ((f - f.mean(0)) * (h - h.mean(0))).mean(0) / h.var(0) * h).numpy()


control.right("in torch, Cov over S and Var over S - 1", in_torch)
control.right(
    "a small constant in the denominator",
    lambda f, h: f - ((f - f.mean(0)) * (h - h.mean(0))).mean(0) / (h.var(0) + 1e-8) * h,
)
