"""Mistakes in the sampler, the bound, its noisy gradient and the ascent (1.2.5), and in control variates (2.2.13)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import digamma, gammaln

from implementations import bbvi, normal_gamma
from tests.suite.corpus import target

LOG_2PI = float(np.log(2 * np.pi))

sample_q = target("1.2.5", "normal_gamma.sample_q")
elbo = target("1.2.5", "normal_gamma.elbo")
gradient = target("1.2.5", "bbvi.gradient_draws")
fit = target("1.2.5", "bbvi.fit")
control = target("2.2.13", "bbvi.control_variate")

# -- draws from q -----------------------------------------------------------------------------------------------------

sample_q.wrong(
    "the variance is used as the standard deviation",
    "numpy's normal takes a standard deviation: 1/√lambda_N, not 1/lambda_N.",
    lambda q, n, rng: (rng.normal(q[0], 1 / q[1], n), rng.gamma(q[2], 1 / q[3], n)),
)
sample_q.wrong(
    "the precision is used as the standard deviation",
    "lambda_N is a precision: the standard deviation of mu is 1/√lambda_N.",
    lambda q, n, rng: (rng.normal(q[0], q[1], n), rng.gamma(q[2], 1 / q[3], n)),
)
sample_q.wrong(
    "the rate is used as a scale",
    "numpy's gamma takes a scale: 1/b_N.",
    lambda q, n, rng: (rng.normal(q[0], q[1] ** -0.5, n), rng.gamma(q[2], q[3], n)),
)
sample_q.wrong(
    "the generator is not used",
    "Draw from `rng`; a generator of your own, or numpy's global one, makes results that cannot be repeated.",
    lambda q, n, rng: normal_gamma.sample_q(q, n, np.random.default_rng()),
)
sample_q.wrong(
    "the seed is fixed",
    "A seed inside the function gives the same draws at every step.",
    lambda q, n, rng: normal_gamma.sample_q(q, n, np.random.default_rng(0)),
)
sample_q.wrong(
    "one draw repeated",
    "n independent draws are asked for, not one draw n times.",
    lambda q, n, rng: tuple(np.full(n, float(part[0])) for part in normal_gamma.sample_q(q, 1, rng)),
)


def mu_given_tau(q: Any, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    tau = rng.gamma(q[2], 1 / q[3], n)
    return rng.normal(q[0], (q[1] * tau) ** -0.5), tau


sample_q.wrong(
    "mu is drawn given tau",
    "In the mean field mu and tau are independent; this draws from the exact posterior's family.",
    mu_given_tau,
)
sample_q.wrong(
    "draws are floored",
    "Clipping tau away from zero changes its distribution.",
    lambda q, n, rng: (rng.normal(q[0], q[1] ** -0.5, n), np.maximum(rng.gamma(q[2], 1 / q[3], n), 0.2 * q[2] / q[3])),
)

# -- the bound --------------------------------------------------------------------------------------------------------


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

# -- gradient rows ----------------------------------------------------------------------------------------------------


def rows(x: Any, mu: Any, tau: Any, q: Any, signal: Any) -> np.ndarray:
    """Score times signal(log likelihood, prior's log density as a function, log q)."""
    h = normal_gamma.score(mu, tau, q)
    return h * np.asarray(signal(normal_gamma.log_likelihood(x, mu, tau), normal_gamma.log_q(mu, tau, q)))[:, None]


def with_signal(signal: Any) -> Any:
    """Rows in which the log ratio is signal(log_p_x, log_prior, log_q, N)."""

    def wrong(x: Any, prior: Any, q: Any, mu: Any, tau: Any) -> np.ndarray:
        log_prior = normal_gamma.log_prior(mu, tau, prior)
        return rows(x, mu, tau, q, lambda log_p, log_q: signal(log_p, log_prior, log_q, len(x)))

    return wrong


gradient.wrong(
    "downhill",
    "This is the gradient of the loss -ELBO; the contract asks for the gradient of the bound.",
    with_signal(lambda log_p, prior, log_q, n: log_q - log_p - prior),
)
gradient.wrong(
    "log q is not subtracted",
    "The signal is log p(x, mu, tau) - log q(mu, tau); without log q there is no entropy.",
    with_signal(lambda log_p, prior, log_q, n: log_p + prior),
)
gradient.wrong(
    "log q is added",
    "The signal is log p - log q: log q is subtracted.",
    with_signal(lambda log_p, prior, log_q, n: log_p + prior + log_q),
)
gradient.wrong(
    "the prior is left out",
    "The joint density is likelihood times prior; log p(mu, tau) is missing.",
    with_signal(lambda log_p, prior, log_q, n: log_p - log_q),
)
gradient.wrong(
    "the likelihood is averaged",
    "The log likelihood is summed over the data, not averaged.",
    with_signal(lambda log_p, prior, log_q, n: log_p / n + prior - log_q),
)
gradient.wrong(
    "the ratio of densities, not of logarithms",
    "The score multiplies log(p/q), not log p / log q.",
    with_signal(lambda log_p, prior, log_q, n: (log_p + prior) / log_q),
)
gradient.wrong(
    "divided by S",
    "Rows are asked for whose average is the estimate; dividing by S here makes it S times too small.",
    lambda x, prior, q, mu, tau: bbvi.gradient_draws(x, prior, q, mu, tau) / len(mu),
)
gradient.wrong(
    "the average instead of the rows",
    "One row a draw is asked for, (S, 4).",
    lambda x, prior, q, mu, tau: bbvi.gradient_draws(x, prior, q, mu, tau).mean(axis=0),
)
gradient.wrong(
    "the baseline includes the row itself",
    "Subtracting the batch mean of the signal, the row's own included, shrinks the estimate by (S-1)/S.",
    with_signal(lambda log_p, prior, log_q, n: log_p + prior - log_q - np.mean(log_p + prior - log_q)),
)
gradient.wrong(
    "product of means",
    "The average of score times signal is not the product of their averages: multiply draw by draw.",
    with_signal(lambda log_p, prior, log_q, n: np.full_like(log_p, np.mean(log_p + prior - log_q))),
)
gradient.wrong(
    "the signal is clipped",
    "Clipping the signal makes the gradient biased; a baseline or control variate keeps it unbiased.",
    with_signal(lambda log_p, prior, log_q, n: np.clip(log_p + prior - log_q, -10, 10)),
)

# -- ascent -----------------------------------------------------------------------------------------------------------


def ascent(direction: Any, sampler: Any = normal_gamma.sample_q, rate: Any = None) -> Any:
    """A correct ascent in logarithms, with its mean gradient changed by direction(mean rows, q)."""

    def wrong(x: Any, prior: Any, q: Any, n_steps: int, n_samples: int, step_size: Any, rng: Any, cv: bool) -> Any:
        rho = np.broadcast_to(np.asarray(step_size, dtype=float), n_steps)
        path = [np.asarray(q, dtype=float)]
        for t in range(n_steps):
            now = path[-1]
            mu, tau = sampler(now, n_samples, rng)
            f = bbvi.gradient_draws(x, prior, now, mu, tau)
            if cv:
                f = bbvi.control_variate(f, normal_gamma.score(mu, tau, now))
            size = rho[t] if rate is None else rate(rho, t)
            step = size * direction(f, now)
            # Bounded, so that a wrong direction ends in wrong numbers and not in an overflow.
            positive = np.clip(now[1:] * np.exp(np.clip(now[1:] * step[1:], -5, 5)), 1e-9, 1e9)
            path.append(np.concatenate([now[:1] + step[:1], positive]))
        return np.array(path)

    return wrong


fit.wrong(
    "descent",
    "The step goes down the bound: add the gradient, do not subtract it.",
    ascent(lambda f, q: -f.mean(axis=0)),
)
fit.wrong(
    "the sum of the rows",
    "The estimate is the average of the rows (eq. 3); their sum is n_samples times too long a step.",
    ascent(lambda f, q: f.sum(axis=0)),
)
fit.wrong(
    "the derivative of the logarithm is forgotten",
    "Steps in log b move along b times the gradient in b; the chain rule's factor is missing.",
    ascent(lambda f, q: f.mean(axis=0) * np.array([1, *(1 / q[1:])])),
)
fit.wrong(
    "the last step size throughout",
    "Step t has its own size rho_t.",
    ascent(lambda f, q: f.mean(axis=0), rate=lambda rho, t: rho[-1]),
)
fit.wrong(
    "the step sizes are one off",
    "rho_1 belongs to the first step: index from the start.",
    ascent(lambda f, q: f.mean(axis=0), rate=lambda rho, t: rho[min(t + 1, len(rho) - 1)]),
)
fit.wrong(
    "the start is not returned",
    "The trajectory has n_steps + 1 rows, the start first.",
    lambda *arguments: bbvi.fit(*arguments)[1:],
)
fit.wrong(
    "the same noise at every step",
    "The generator is made anew in each step, so every step sees the same draws.",
    ascent(
        lambda f, q: f.mean(axis=0),
        sampler=lambda q, n, rng: normal_gamma.sample_q(q, n, np.random.default_rng(1)),
    ),
)
fit.wrong(
    "draws at the start only",
    "Draws come from the current q, not from the initial one, and are new in each step.",
    ascent(lambda f, q: f.mean(axis=0), sampler=lambda q, n, rng: (np.full(n, q[0]), np.full(n, q[2] / q[3]))),
)
fit.wrong(
    "the mean is not moved",
    "All four parameters are ascended; mu_N stays where it started.",
    ascent(lambda f, q: f.mean(axis=0) * [0, 1, 1, 1]),
)
fit.wrong(
    "the gradient is normalised",
    "Dividing by the gradient's length is not the step that the algorithm takes.",
    ascent(lambda f, q: f.mean(axis=0) / np.linalg.norm(f.mean(axis=0))),
)

# -- control variates -------------------------------------------------------------------------------------------------


def scaled(scaling: Any) -> Any:
    """f - a h with a = scaling(f - mean, h - mean)."""
    return lambda f, h: f - scaling(f - f.mean(axis=0), h - h.mean(axis=0)) * h


def variances(h: np.ndarray) -> Any:
    return (h**2).sum()


control.wrong(
    "added instead of subtracted",
    "f - a (h - E h): with the plus sign the variance grows.",
    lambda f, h: 2 * f - bbvi.control_variate(f, h),
)
control.wrong(
    "the scaling is not used",
    "The score is subtracted as it is; a* = Cov(f, h)/Var(h) is missing.",
    lambda f, h: f - h,
)
control.wrong(
    "the ratio is upside down",
    "a* = Cov(f, h)/Var(h); here Var(h)/Cov(f, h).",
    scaled(lambda f, h: variances(h) / (f * h).sum()),
)
control.wrong(
    "divided by the variance of f",
    "a* = Cov(f, h)/Var(h): the variance in the denominator is that of the score.",
    scaled(lambda f, h: (f * h).sum() / (f * f).sum()),
)
control.wrong(
    "divided by the standard deviation",
    "a* = Cov(f, h)/Var(h), the correlation coefficient is something else.",
    scaled(lambda f, h: (f * h).sum() / np.sqrt((f * f).sum() * variances(h))),
)
control.wrong(
    "a sum of ratios",
    "Eq. 9 is a ratio of sums, Σ Cov / Σ Var, not the sum of the ratios.",
    scaled(lambda f, h: ((f * h).sum(axis=0) / (h * h).sum(axis=0)).sum()),
)
control.wrong(
    "covariance about zero, not about the mean",
    "Cov(f, h) = E[(f - E f)(h - E h)]; the means are not subtracted and E[f h] is used with a sample mean of h.",
    lambda f, h: f - (f * h).sum() / (h * h).sum() * (h - h.mean(axis=0)) - f.mean(axis=0),
)
control.wrong(
    "the control variate itself is returned",
    "Rows f - a h are asked for; this is a h.",
    lambda f, h: f - bbvi.control_variate(f, h),
)
control.wrong(
    "the mean is returned",
    "One row for each row of f is asked for.",
    lambda f, h: bbvi.control_variate(f, h).mean(axis=0),
)
control.wrong(
    "nothing is subtracted",
    "The rows come back as they were.",
    lambda f, h: np.array(f),
)
control.wrong(
    "a fixed scaling of one half",
    "The scaling has to be estimated: it depends on f and h.",
    lambda f, h: f - 0.5 * h,
)
