"""Mistakes that an ascent's first step does not show: what is left over from the start, or lost on the way (1.2.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from implementations import bbvi, normal_gamma
from tests.suite.corpus import target

fit = target("1.2.5", "bbvi.fit")
controlled = target("2.2.13", "bbvi.fit")
Rows = Callable[..., np.ndarray]


def right_rows(x: Any, prior: Any, now: Any, start: Any, mu: Any, tau: Any) -> np.ndarray:
    return bbvi.gradient_draws(x, prior, now, mu, tau)


def log_ratio(x: Any, prior: Any, q: Any, mu: Any, tau: Any) -> np.ndarray:
    """log p(x, mu, tau) - log q(mu, tau), as a column."""
    log_p = normal_gamma.log_likelihood(x, mu, tau) + normal_gamma.log_prior(mu, tau, prior)
    return (log_p - normal_gamma.log_q(mu, tau, q))[:, None]


def ascent(
    rows: Rows = right_rows,
    drawn_from: Any = lambda now, start: now,
    slope: Any = lambda now, start: now[1:],
    switch: Any = lambda cv: cv,
) -> Any:
    """A correct ascent in logarithms, in which each part may look at the start instead of at q."""

    def wrong(x: Any, prior: Any, q: Any, n_steps: int, n_samples: int, step_size: Any, rng: Any, cv: bool) -> Any:
        rho = np.broadcast_to(np.asarray(step_size, dtype=float), n_steps)
        path = [start := np.asarray(q, dtype=float)]
        for t in range(n_steps):
            now = path[-1]
            mu, tau = normal_gamma.sample_q(drawn_from(now, start), n_samples, rng)
            f = rows(x, prior, now, start, mu, tau)
            if switch(cv):
                f = bbvi.control_variate(f, normal_gamma.score(mu, tau, now))
            step = rho[t] * f.mean(axis=0)
            moved = np.log(now[1:]) + np.clip(slope(now, start) * step[1:], -3, 3)
            path.append(np.concatenate([now[:1] + step[:1], np.exp(np.clip(moved, -20, 20))]))
        return np.array(path)

    return wrong


right = ascent()

for asked in (fit, controlled):
    asked.wrong(
        "draws from the start's q",
        "Each step draws from the current q; these come from the q that the ascent started at.",
        ascent(drawn_from=lambda now, start: start),
    )
    asked.wrong(
        "the score of the start's q",
        "The score is the gradient of log q at the current parameters, not at those of the start.",
        ascent(
            lambda x, prior, now, start, mu, tau: normal_gamma.score(mu, tau, start) * log_ratio(x, prior, now, mu, tau)
        ),
    )
    asked.wrong(
        "log q of the start",
        "log p - log q is taken at the current q: that of the start is out of date after one step.",
        ascent(
            lambda x, prior, now, start, mu, tau: normal_gamma.score(mu, tau, now) * log_ratio(x, prior, start, mu, tau)
        ),
    )
fit.wrong(
    "the derivative of the coordinate at the start",
    "d q / d u changes with q: take it where the step begins.",
    ascent(slope=lambda now, start: start[1:]),
)
controlled.wrong(
    "control variates always",
    "With control_variates=False the plain rows are averaged: there is nothing to compare with otherwise.",
    ascent(switch=lambda cv: True),
)


def the_same_array(*arguments: Any) -> np.ndarray:
    """What comes of appending an array that is then changed in place."""
    path = right(*arguments)
    return np.broadcast_to(path[-1], path.shape)


fit.wrong("every row is the last one", "The same array was appended in each step: append a copy.", the_same_array)


def until_short(*arguments: Any) -> np.ndarray:
    """Algorithm 1's stop rule, the rest filled up."""
    path = right(*arguments)
    short = np.flatnonzero(np.abs(np.diff(path, axis=0)).max(axis=1) < 0.01)
    if len(short):
        path[short[0] + 1 :] = path[short[0] + 1]
    return path


fit.wrong(
    "it stops at the first short step",
    "All n_steps steps are asked for; a noisy step that is short does not mean that the ascent has arrived.",
    until_short,
)
fit.wrong(
    "the trajectory is kept in float32",
    "Steps shorter than a ten-millionth of a parameter are lost in float32.",
    lambda *arguments: np.float32(right(*arguments)),
)


def in_mean_and_variance(
    x: Any, prior: Any, q: Any, n_steps: int, n_samples: int, step_size: Any, rng: Any, cv: bool
) -> np.ndarray:
    """The logarithms of mean and variance of q(tau) step, those of a_N and b_N do not."""
    rho, path = np.broadcast_to(np.asarray(step_size, dtype=float), n_steps), [np.asarray(q, dtype=float)]
    for t in range(n_steps):
        now = path[-1]
        gradient = rho[t] * right_rows(x, prior, now, now, *normal_gamma.sample_q(now, n_samples, rng)).mean(axis=0)
        m, v = now[2] / now[3], now[2] / now[3] ** 2
        jacobian = np.array([[2 * now[2], -now[2]], [now[3], -now[3]]])  # d (a, b) / d (log m, log v)
        m, v = np.array([m, v]) * np.exp(np.clip(jacobian.T @ gradient[2:], -1, 1))
        precision = now[1] * np.exp(np.clip(now[1] * gradient[1], -1, 1))
        path.append(np.array([now[0] + gradient[0], precision, m**2 / v, m / v]))
    return np.array(path)


fit.wrong(
    "mean and variance of tau step",
    "Each of a_N and b_N has a coordinate of its own; steps in mean and variance mix them, and lead elsewhere.",
    in_mean_and_variance,
)
fit.wrong(
    "a_N and b_N are not moved",
    "All four parameters are ascended; q(tau) stays where it started.",
    ascent(lambda x, prior, now, start, mu, tau: bbvi.gradient_draws(x, prior, now, mu, tau) * [1, 1, 0, 0]),
)
