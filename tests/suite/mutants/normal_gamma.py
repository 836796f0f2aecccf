"""Mistakes in the log densities and scores of the Normal–Gamma model (question 1.2.4)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import gammaln, polygamma

from implementations import normal_gamma as reference
from tests.suite.corpus import target

LOG_2PI = float(np.log(2 * np.pi))

likelihood = target("1.2.4", "normal_gamma.log_likelihood")
prior = target("1.2.4", "normal_gamma.log_prior")
log_q = target("1.2.4", "normal_gamma.log_q")
score = target("1.2.4", "normal_gamma.score")


def own(name: str) -> Any:
    """The reference's function."""
    return getattr(reference, name)


# -- log p(x | mu, tau) -----------------------------------------------------------------------------------------------

likelihood.wrong(
    "the constant is dropped",
    "-N/2 log(2π) is missing. It does not change the gradient, but the log likelihood is no longer one.",
    lambda x, mu, tau: own("log_likelihood")(x, mu, tau) + len(x) / 2 * LOG_2PI,
)
likelihood.wrong(
    "tau is used as a variance",
    "tau is a precision: the variance of x_n is 1/tau.",
    lambda x, mu, tau: own("log_likelihood")(x, mu, 1 / np.asarray(tau)),
)
likelihood.wrong(
    "tau is used as a standard deviation",
    "tau is a precision: the standard deviation of x_n is 1/√tau (scipy's `scale`), not tau.",
    lambda x, mu, tau: own("log_likelihood")(x, mu, np.asarray(tau) ** -2.0),
)
likelihood.wrong(
    "mean over the data instead of the sum",
    "The log likelihood of N independent points is a sum of N terms, not their mean.",
    lambda x, mu, tau: own("log_likelihood")(x, mu, tau) / len(x),
)
likelihood.wrong(
    "the factor N of the logarithm is missing",
    "Each of the N points brings its own log √(tau/2π); here it is counted once.",
    lambda x, mu, tau: own("log_likelihood")(x, mu, tau) - (len(x) - 1) / 2 * (np.log(tau) - LOG_2PI),
)
likelihood.wrong(
    "the constant is counted once",
    "Each of the N points brings its own -1/2 log(2π); here there is one.",
    lambda x, mu, tau: own("log_likelihood")(x, mu, tau) + (len(x) - 1) / 2 * LOG_2PI,
)
likelihood.wrong(
    "log tau instead of half log tau",
    "The density has √tau in front: N/2 log tau, not N log tau.",
    lambda x, mu, tau: own("log_likelihood")(x, mu, tau) + len(x) / 2 * np.log(tau),
)
likelihood.wrong(
    "the half of the quadratic term is missing",
    "The exponent is -tau/2 Σ(x_n - mu)²; the factor one half is missing.",
    lambda x, mu, tau: (
        own("log_likelihood")(x, mu, tau) - tau / 2 * np.square(np.subtract.outer(np.asarray(x), mu)).sum(axis=0)
    ),
)
likelihood.wrong(
    "the scatter around the mean is left out",
    "Σ(x_n - mu)² = Σ(x_n - x̄)² + N(x̄ - mu)²; only the second part is there.",
    lambda x, mu, tau: own("log_likelihood")(x, mu, tau) + tau / 2 * len(x) * np.var(x),
)
likelihood.wrong(
    "float32",
    "The sum is computed in single precision: for many points, or points far from zero, it loses its digits.",
    lambda x, mu, tau: own("log_likelihood")(np.float32(x), np.float32(mu), np.float32(tau)),
)


def expanded_square(x: Any, mu: Any, tau: Any) -> np.ndarray:
    x = np.asarray(x)
    squares = np.sum(x**2) - 2 * mu * x.sum() + len(x) * np.asarray(mu) ** 2
    return 0.5 * (len(x) * (np.log(tau) - LOG_2PI) - tau * squares)


likelihood.wrong(
    "the square is expanded",
    "Σx² - 2 mu Σx + N mu² cancels: for points around a million no digit is left. Subtract first, then square.",
    expanded_square,
)

likelihood.wrong(
    "the first mu for all draws",
    "Draw s has its own mu_s: broadcast the points over the draws.",
    lambda x, mu, tau: own("log_likelihood")(x, np.full_like(mu, mu[0]), tau),
)

# -- log p(mu, tau) ---------------------------------------------------------------------------------------------------

prior.wrong(
    "the factor √tau is missing",
    "p(mu | tau) = N(mu; mu_0, 1/(lambda_0 tau)) has √tau in front: 1/2 log tau is missing.",
    lambda mu, tau, p: own("log_prior")(mu, tau, p) - np.log(tau) / 2,
)
prior.wrong(
    "mu and tau are independent a priori",
    "The precision of mu is lambda_0 tau, not lambda_0: this is the semi-conjugate model, another one.",
    lambda mu, tau, p: own("log_q")(mu, tau, p),
)
prior.wrong(
    "b_0 is used as a scale",
    "Gamma(tau; a_0, b_0) is shape–rate here; numpy and scipy take a scale, 1/b_0.",
    lambda mu, tau, p: own("log_prior")(mu, tau, (*p[:3], 1 / p[3])),
)
prior.wrong(
    "lambda_0 is used as a variance factor",
    "lambda_0 multiplies the precision of mu, it does not divide it.",
    lambda mu, tau, p: own("log_prior")(mu, tau, (p[0], 1 / p[1], *p[2:])),
)
prior.wrong(
    "the constant of the Gaussian is dropped",
    "-1/2 log(2π) is missing in log p(mu | tau).",
    lambda mu, tau, p: own("log_prior")(mu, tau, p) + LOG_2PI / 2,
)
prior.wrong(
    "the normaliser of the Gamma is dropped",
    "a_0 log b_0 - log Γ(a_0) is missing in log p(tau).",
    lambda mu, tau, p: own("log_prior")(mu, tau, p) - p[2] * np.log(p[3]) + gammaln(p[2]),
)
prior.wrong(
    "log Γ has the wrong sign",
    "The Gamma density divides by Γ(a_0): its logarithm is subtracted.",
    lambda mu, tau, p: own("log_prior")(mu, tau, p) + 2 * gammaln(p[2]),
)
prior.wrong(
    "a_0 instead of a_0 - 1",
    "The Gamma density has tau to the power a_0 - 1.",
    lambda mu, tau, p: own("log_prior")(mu, tau, p) + np.log(tau),
)
prior.wrong(
    "only p(mu | tau)",
    "log p(tau) is missing: the prior is on mu and on tau.",
    lambda mu, tau, p: 0.5 * (np.log(p[1] * tau / (2 * np.pi)) - p[1] * tau * (mu - p[0]) ** 2),
)

# -- log q(mu, tau) ---------------------------------------------------------------------------------------------------

log_q.wrong(
    "the precision of mu is multiplied by tau",
    "In the mean field mu and tau are independent: the precision of mu is lambda_N alone.",
    lambda mu, tau, q: own("log_prior")(mu, tau, q),
)
log_q.wrong(
    "lambda_N is used as a variance",
    "lambda_N is a precision: q(mu) = N(mu; mu_N, 1/lambda_N).",
    lambda mu, tau, q: own("log_q")(mu, tau, (q[0], 1 / q[1], *q[2:])),
)
log_q.wrong(
    "b_N is used as a scale",
    "q(tau) is shape–rate; numpy and scipy take a scale, 1/b_N.",
    lambda mu, tau, q: own("log_q")(mu, tau, (*q[:3], 1 / q[3])),
)
log_q.wrong(
    "the constant of the Gaussian is dropped",
    "-1/2 log(2π) is missing in log q(mu).",
    lambda mu, tau, q: own("log_q")(mu, tau, q) + LOG_2PI / 2,
)
log_q.wrong(
    "log b_N is not multiplied by a_N",
    "The Gamma's normaliser is b^a/Γ(a): its logarithm has a_N log b_N.",
    lambda mu, tau, q: own("log_q")(mu, tau, q) - (q[2] - 1) * np.log(q[3]),
)
log_q.wrong(
    "summed over the draws",
    "One value for each draw is asked for, an array (S,), not their sum.",
    lambda mu, tau, q: own("log_q")(mu, tau, q).sum(),
)

# -- grad log q -------------------------------------------------------------------------------------------------------


def with_column(column: int, change: Any) -> Any:
    """The score with one column changed: change(column, mu, tau, q)."""

    def wrong(mu: Any, tau: Any, q: Any) -> np.ndarray:
        rows = own("score")(mu, tau, q)
        rows[:, column] = change(rows[:, column], np.asarray(mu), np.asarray(tau), q)
        return rows

    return wrong


score.wrong(
    "the sign of the first component",
    "∂ log q/∂mu_N = lambda_N (mu - mu_N): it pulls mu_N towards the draw.",
    with_column(0, lambda column, mu, tau, q: -column),
)
score.wrong(
    "divided instead of multiplied by lambda_N",
    "∂ log q/∂mu_N = lambda_N (mu - mu_N); dividing is right for a variance.",
    with_column(0, lambda column, mu, tau, q: column / q[1] ** 2),
)
score.wrong(
    "the score of lambda_N without its half",
    "∂ log q/∂lambda_N = (1/lambda_N - (mu - mu_N)²)/2.",
    with_column(1, lambda column, mu, tau, q: 2 * column),
)
score.wrong(
    "the score of a variance",
    "The second parameter is the precision lambda_N; this is the derivative in 1/lambda_N.",
    with_column(1, lambda column, mu, tau, q: -column * q[1] ** 2),
)
score.wrong(
    "the digamma term has the wrong sign",
    "∂ log q/∂a_N = log b_N + log tau - ψ(a_N): ψ is subtracted, as the derivative of -log Γ.",
    with_column(2, lambda column, mu, tau, q: 2 * (np.log(q[3]) + np.log(tau)) - column),
)
score.wrong(
    "ψ(a_N) and log b_N have the opposite signs",
    "∂ log q/∂a_N = log b_N + log tau - ψ(a_N): log b comes from b^a, ψ is subtracted.",
    with_column(2, lambda column, mu, tau, q: 2 * np.log(tau) - column),
)
score.wrong(
    "log b_N is missing",
    "∂ log q/∂a_N has log b_N, from b^a in the normaliser.",
    with_column(2, lambda column, mu, tau, q: column - np.log(q[3])),
)
score.wrong(
    "trigamma for digamma",
    "The derivative of log Γ(a) is the digamma function ψ; the trigamma is the second derivative.",
    with_column(2, lambda column, mu, tau, q: np.log(q[3]) + np.log(tau) - polygamma(1, q[2])),
)
score.wrong(
    "the score of a scale",
    "b_N is a rate: ∂ log q/∂b_N = a_N/b_N - tau.",
    with_column(3, lambda column, mu, tau, q: tau * q[3] ** -2.0 - q[2] / q[3]),
)
score.wrong(
    "the sign of the last component",
    "∂ log q/∂b_N = a_N/b_N - tau: more tau than its mean wants a smaller rate.",
    with_column(3, lambda column, mu, tau, q: -column),
)
score.wrong(
    "a_N/b_N is missing",
    "∂ log q/∂b_N = a_N/b_N - tau; without its first term the score does not have mean zero.",
    with_column(3, lambda column, mu, tau, q: -tau),
)
score.wrong(
    "a_N - 1 instead of a_N",
    "∂ log q/∂b_N = a_N/b_N - tau: b stands in the normaliser to the power a, not a - 1.",
    with_column(3, lambda column, mu, tau, q: column - 1 / q[3]),
)
score.wrong(
    "a and b are exchanged",
    "The order is (mu_N, lambda_N, a_N, b_N).",
    lambda mu, tau, q: own("score")(mu, tau, q)[:, [0, 1, 3, 2]],
)
score.wrong(
    "transposed",
    "One row a draw: the shape is (S, 4), not (4, S).",
    lambda mu, tau, q: own("score")(mu, tau, q).T,
)
score.wrong(
    "averaged over the draws",
    "One row for each draw is asked for, not their average.",
    lambda mu, tau, q: np.broadcast_to(own("score")(mu, tau, q).mean(axis=0), (len(mu), 4)),
)
