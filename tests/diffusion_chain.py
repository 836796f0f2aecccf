"""Gaussian diffusion chains whose marginals and negative ELBO follow from the definition of q(x_t | x_{t-1}) alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grading.submission import Submission
from grading.verdict.claims import Refuted, array

Array = np.ndarray
D = 3


def schedule(seed: int, T: int) -> Array:
    """β_1..β_T between 0.02 and 0.5, in no order."""
    return np.random.default_rng(seed).uniform(0.02, 0.5, T)


def steps(betas: Array) -> tuple[Array, Array]:
    """Factor on x_0 and variance of q(x_t | x_0), t = 0..T, by composing one step after another."""
    scale, variance = [1.0], [0.0]
    for beta in betas:
        scale.append(np.sqrt(1 - beta) * scale[-1])
        variance.append((1 - beta) * variance[-1] + beta)
    return np.array(scale), np.array(variance)


@dataclass(frozen=True)
class Chain:
    """Linear reverse chain p(x_{t-1} | x_t) = N(a_t x_t + b_t, v_t I), data points and draws of x_1..x_T for them."""

    betas: Array
    a: Array
    b: Array
    v: Array
    x0: Array
    x: Array

    @property
    def mean(self) -> Array:
        """The reverse means at the draws, (T, B, D)."""
        return self.a[:, None, None] * self.x + self.b[:, None, :]

    def terms(self, submission: Submission) -> tuple[Array, Array, Array]:
        """The submission's L_T, L_{1..T-1} and L_0, with their shapes checked."""
        T, B = self.x.shape[:2]
        value = submission.diffusion.bound_terms(self.x0, self.x, self.mean, self.v, self.betas)
        if not isinstance(value, list) or len(value) != 3:
            raise Refuted("bound_terms should return (L_T, [L_1, ..., L_{T-1}], L_0)")
        if rows_of(value[1]) == T:
            message = f"there are T = {T} middle terms; the sum runs over t = 2..T, and L_0 stands for t = 1"
            raise Refuted(message, mistake="the index range of the sum is t >= 1; it is t > 1")
        return array(value[0], (B,), "L_T"), array(value[1], (T - 1, B), "L"), array(value[2], (B,), "L_0")


def rows_of(value: object) -> int:
    """How many rows came back, of the right length or not; 0 where there are none."""
    return len(value) if isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim) else 0


def chain(seed: int, T: int, cubature: bool = False) -> Chain:
    """A random chain: with random draws, or with one data point and points that integrate every term exactly."""
    rng = np.random.default_rng(seed)
    betas = schedule(seed, T)
    scale, spread = steps(betas)
    noise = np.sqrt(D) * np.concatenate([np.eye(D), -np.eye(D)]) if cubature else rng.normal(size=(4, D))
    x0 = np.repeat(rng.normal(size=(1, D)), len(noise), 0) if cubature else rng.normal(size=(4, D))
    x = np.stack([scale[t] * x0 + np.sqrt(spread[t]) * noise for t in range(1, T + 1)])
    return Chain(betas, rng.uniform(0.5, 1.2, T), rng.normal(size=(T, D)) * 0.3, rng.uniform(0.05, 0.8, T), x0, x)


def negative_elbo(c: Chain) -> float:
    """E_q[Σ_t log q(x_t | x_{t-1}) - log p(x_T) - Σ_t log p(x_{t-1} | x_t)], t = 1..T, from the moments of pairs."""
    scale, spread = steps(c.betas)
    x0, T = c.x0[0], len(c.betas)
    found = 0.5 * (scale[T] ** 2 * x0 @ x0 + D * spread[T] + D * np.log(2 * np.pi))
    for t in range(1, T + 1):
        found -= 0.5 * D * (np.log(2 * np.pi * c.betas[t - 1]) + 1)
        a, b, v = c.a[t - 1], c.b[t - 1], c.v[t - 1]
        offset = (scale[t - 1] - a * scale[t]) * x0 - b
        covariance = np.sqrt(1 - c.betas[t - 1]) * spread[t - 1]
        square = offset @ offset + D * (spread[t - 1] + a**2 * spread[t] - 2 * a * covariance)
        found += 0.5 * (square / v + D * np.log(2 * np.pi * v))
    return float(found)
