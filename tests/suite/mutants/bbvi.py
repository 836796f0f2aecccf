"""Mistakes in the sampler, the bound's noisy gradient and the ascent (1.2.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats
from scipy.special import polygamma

from implementations import bbvi, normal_gamma
from tests.suite.corpus import target

sample_q = target("1.2.5", "normal_gamma.sample_q")
gradient = target("1.2.5", "bbvi.gradient_draws")
fit = target("1.2.5", "bbvi.fit")

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


def comonotone(q: Any, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    u = rng.random(n)
    return stats.norm.ppf(u, q[0], q[1] ** -0.5), np.maximum(stats.gamma.ppf(u, q[2], scale=1 / q[3]), 1e-300)


sample_q.wrong(
    "one uniform for both",
    "mu and tau are independent: each needs a random number of its own.",
    comonotone,
)


def halved(again: Callable[[np.ndarray, float], np.ndarray]) -> Any:
    """Draws for half the rows; the others are made from them, and from the centre of q."""

    def wrong(q: Any, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        mu, tau = normal_gamma.sample_q(q, -(-n // 2), rng)
        return again(mu, q[0])[:n], np.concatenate([tau, normal_gamma.sample_q(q, n // 2, rng)[1]])

    return wrong


DEPEND = "n independent draws are asked for: each row needs random numbers of its own."
sample_q.wrong("each mu is drawn twice", DEPEND, halved(lambda mu, centre: np.repeat(mu, 2)))
sample_q.wrong("each mu comes with its mirror image", DEPEND, halved(lambda mu, c: np.concatenate([mu, 2 * c - mu])))
sample_q.wrong(
    "tau is sorted",
    "n independent draws are asked for, in no order.",
    lambda q, n, rng: (rng.normal(q[0], q[1] ** -0.5, n), np.sort(rng.gamma(q[2], 1 / q[3], n))),
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


def ascent(
    direction: Any,
    sampler: Any = normal_gamma.sample_q,
    rate: Any = None,
    control_variate: Any = bbvi.control_variate,
) -> Any:
    """A correct ascent in logarithms, with the step direction(rows, q) in place of the mean of the rows."""

    def wrong(x: Any, prior: Any, q: Any, n_steps: int, n_samples: int, step_size: Any, rng: Any, cv: bool) -> Any:
        rho = np.broadcast_to(np.asarray(step_size, dtype=float), n_steps)
        path = [np.asarray(q, dtype=float)]
        for t in range(n_steps):
            now = path[-1]
            mu, tau = sampler(now, n_samples, rng)
            f = bbvi.gradient_draws(x, prior, now, mu, tau)
            if cv:
                f = control_variate(f, normal_gamma.score(mu, tau, now))
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


def unprotected(x: Any, prior: Any, q: Any, n_steps: int, n_samples: int, step_size: Any, rng: Any, cv: bool) -> Any:
    rho, path = np.broadcast_to(np.asarray(step_size, dtype=float), n_steps), [np.asarray(q, dtype=float)]
    for t in range(n_steps):
        safe = np.r_[path[-1][:1], np.maximum(np.abs(path[-1][1:]), 1e-9)]
        mu, tau = normal_gamma.sample_q(safe, n_samples, rng)
        path.append(path[-1] + rho[t] * bbvi.gradient_draws(x, prior, safe, mu, tau).mean(axis=0))
    return np.array(path)


fit.wrong(
    "lambda_N, a_N and b_N may become negative",
    "Steps in q itself lead out of its domain: step in logarithms, or in the inverse of softplus.",
    unprotected,
)
fit.wrong(
    "a generator of its own",
    "Draw from `rng`: with a generator made inside, a run cannot be repeated.",
    lambda x, prior, q, n_steps, n_samples, size, rng, cv: bbvi.fit(
        x, prior, q, n_steps, n_samples, size, np.random.default_rng(), cv
    ),
)
fit.wrong(
    "n_samples is ignored",
    "Each step averages n_samples draws, not a number of your own.",
    lambda x, prior, q, n_steps, n_samples, size, rng, cv: bbvi.fit(x, prior, q, n_steps, 500, size, rng, cv),
)


def adagrad(x: Any, prior: Any, q: Any, n_steps: int, n_samples: int, step_size: Any, rng: Any, cv: bool) -> Any:
    rho, path, squares = np.broadcast_to(np.asarray(step_size, float), n_steps), [np.asarray(q, float)], np.zeros(4)
    for t in range(n_steps):
        now = path[-1]
        gradient = bbvi.gradient_draws(x, prior, now, *normal_gamma.sample_q(now, n_samples, rng)).mean(axis=0)
        squares = squares + gradient**2
        moved = now + rho[t] * gradient / np.sqrt(squares + 1e-12)
        path.append(np.concatenate([moved[:1], np.maximum(moved[1:], 0.5 * now[1:])]))
    return np.array(path)


fit.wrong(
    "AdaGrad",
    "The step is rho_t times the gradient; AdaGrad divides it by its size, and rho_t no longer says how far it goes.",
    adagrad,
)


def naturally(f: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The natural gradient over v^2, since the ascent multiplies by that again."""
    shape, rate = q[2], q[3]
    fisher = np.array([[polygamma(1, shape), -1 / rate], [-1 / rate, shape / rate**2]])
    gradient = f.mean(axis=0)
    step = np.concatenate([[gradient[0] / q[1], 2 * q[1] ** 2 * gradient[1]], np.linalg.solve(fisher, gradient[2:])])
    return step / np.array([1, *q[1:] ** 2])


fit.wrong(
    "natural gradient",
    "The step is rho_t times the gradient of the bound; the natural gradient is another question.",
    ascent(naturally),
)
