"""Black box variational inference: the reference, a per-sample loop, and Pyro's Trace_ELBO where it is installed.

Two figures matter: the gradient averaged over S = 1000 draws with N = 1000 points costs at most 3 times the drawing
of its samples, and `fit` takes 10,000 steps of 100 samples in less than a second of one core.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np
from scipy.special import digamma, gammaln

from bench.timing import Row, seconds
from implementations import bbvi, normal_gamma

PRIOR = (1.0, 0.1, 1.0, 2.0)
Q = (1.1, 4.0, 3.0, 5.0)
TITLE = "BBVI for the Normal-Gamma model, N = 1000 points"


def rows() -> Iterator[Row]:
    """The table."""
    rng = np.random.default_rng(0)
    x = rng.normal(1, 0.5**-0.5, 1000)
    mu, tau = normal_gamma.sample_q(Q, 1000, rng)
    drawing = seconds(lambda: normal_gamma.sample_q(Q, 1000, rng))
    gradient = seconds(lambda: bbvi.gradient_draws(x, PRIOR, Q, mu, tau).mean(axis=0))
    yield Row("drawing 1000 samples of q", drawing)
    yield Row("gradient_draws, averaged over them", gradient, f"{gradient / drawing:.1f} times the drawing (at most 3)")
    loop = seconds(lambda: looped_gradient(x, mu, tau), repeats=1)
    yield Row("the same in a loop over samples and points", loop, f"{loop / gradient:,.0f} times gradient_draws")
    yield from pyro_rows(x, gradient + drawing)
    for control_variates in (False, True):
        name = f"fit, 10,000 steps of 100 samples, {'with' if control_variates else 'without'} control variates"
        yield Row(name, seconds(partial(fit, x, control_variates), repeats=3), "(less than 1 s)")


def fit(x: np.ndarray, control_variates: bool) -> np.ndarray:
    """The run of the assignment."""
    rho = 1 / (1000 + np.arange(1, 10_001))
    return bbvi.fit(x, PRIOR, Q, 10_000, 100, rho, np.random.default_rng(0), control_variates)


def looped_gradient(x: np.ndarray, mu: np.ndarray, tau: np.ndarray) -> list[float]:
    """Eq. 3 of Ranganath et al. 2014 as it is read aloud: for each sample, for each point."""
    mu_0, lambda_0, a_0, b_0 = PRIOR
    mu_N, lambda_N, a_N, b_N = Q
    total = [0.0] * 4
    for m, t in zip(mu.tolist(), tau.tolist(), strict=True):
        log_p = 0.5 * math.log(lambda_0 * t / (2 * math.pi)) - lambda_0 * t / 2 * (m - mu_0) ** 2
        log_p += a_0 * math.log(b_0) - gammaln(a_0) + (a_0 - 1) * math.log(t) - b_0 * t
        for x_n in x.tolist():
            log_p += 0.5 * math.log(t / (2 * math.pi)) - t / 2 * (x_n - m) ** 2
        log_q = 0.5 * math.log(lambda_N / (2 * math.pi)) - lambda_N / 2 * (m - mu_N) ** 2
        log_q += a_N * math.log(b_N) - gammaln(a_N) + (a_N - 1) * math.log(t) - b_N * t
        score = (
            lambda_N * (m - mu_N),
            1 / (2 * lambda_N) - (m - mu_N) ** 2 / 2,
            math.log(b_N) - digamma(a_N) + math.log(t),
            a_N / b_N - t,
        )
        total = [sum_i + s_i * (log_p - log_q) for sum_i, s_i in zip(total, score, strict=True)]
    return [each / len(mu) for each in total]


def pyro_rows(x: np.ndarray, ours: float) -> Iterator[Row]:
    """Pyro's score-function gradient over the same number of samples, drawing included, vectorised by Pyro."""
    try:
        import pyro
        import pyro.distributions as dist
        import torch
        from pyro.distributions.testing.fakes import NonreparameterizedGamma, NonreparameterizedNormal
        from pyro.infer import Trace_ELBO
    except ImportError:
        return  # an extra: pip install pyro-ppl
    points = torch.as_tensor(x)
    q = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in Q]
    mu_0, lambda_0, a_0, b_0 = (torch.tensor(each, dtype=torch.float64) for each in PRIOR)

    def model() -> None:
        tau = pyro.sample("tau", dist.Gamma(a_0, b_0))
        mu = pyro.sample("mu", dist.Normal(mu_0, (lambda_0 * tau).rsqrt()))
        with pyro.plate("data", len(points)):
            pyro.sample("x", dist.Normal(mu, tau.rsqrt()), obs=points)

    def guide() -> None:
        pyro.sample("tau", NonreparameterizedGamma(q[2], q[3]))
        pyro.sample("mu", NonreparameterizedNormal(q[0], q[1].rsqrt()))

    elbo = Trace_ELBO(num_particles=1000, vectorize_particles=True, max_plate_nesting=1)

    def gradient() -> None:
        torch.autograd.grad(elbo.differentiable_loss(model, guide), q)

    spent = seconds(gradient, repeats=3)
    note = f"{spent / ours:,.0f} times ours, drawing included"
    yield Row("Pyro's Trace_ELBO, 1000 vectorised particles", spent, note)
