"""Short steps of `bbvi.fit`, and the moments that they must have.

A trajectory with steps of 1e-8 does not move, so its increments divided by the step size are independent draws
of the noisy gradient at q, each averaged over n_samples. Trajectories that begin with one longer step, and go on with
short ones, tell what is computed anew at each q from what is left over from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grading.submission import Rng, Submission
from grading.verdict.claims import Refuted, array, claim
from tests import densities
from tests.coordinates import Vector
from tests.densities import tensor
from tests.quadrature import normal_gamma_nodes
from tests.recognition import FLOAT32

STEP = 1e-8
N_STEPS = 64
N_SAMPLES = 400
FAR = 0.6
"""How far the longer step goes: this part of a parameter, or of q's standard deviation of mu."""

Problem = tuple[np.ndarray, tuple[float, ...], tuple[float, ...]]
"""x, prior and q."""


ALIASED = "every row is the same array, which later steps changed: append a copy"


def trajectory(value: Any, n_steps: int, q: tuple[float, ...]) -> np.ndarray:
    """The trajectory that `fit` returned, (n_steps + 1, 4), which starts at q and stays positive."""
    path = array(value, (n_steps + 1, 4), "the trajectory")
    if not np.allclose(path[0], q, rtol=1e-12, atol=0):
        single = np.allclose(path[0], np.array(q, np.float32), rtol=1e-12, atol=0)
        raise Refuted(
            f"the first row of the trajectory is {path[0].tolist()}, expected the start, {list(q)}",
            mistake=FLOAT32 if single else ALIASED if (path == path[0]).all() else "",
        )
    claim((path[:, 1:] > 0).all(), f"lambda_N, a_N and b_N must stay positive; the smallest is {path[:, 1:].min():.6g}")
    return path


def increments(
    submission: Submission, problem: Problem, n_samples: int, control_variates: bool
) -> Callable[[int, np.random.Generator], np.ndarray]:
    """draw(n, rng): n increments of q over the step size, from as many trajectories as it takes."""
    x, prior, q = problem

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        rows = []
        for _ in range(-(-n // N_STEPS)):
            generator = Rng(int(rng.integers(2**32)))
            path = submission.bbvi.fit(x, prior, q, N_STEPS, n_samples, STEP, generator, control_variates)
            rows.append(np.diff(trajectory(path, N_STEPS, q), axis=0) / STEP)
        return np.concatenate(rows)[:n]

    return draw


@dataclass(frozen=True)
class Block:
    """Short steps over their size, all from the same q, and the moments of a gradient row there."""

    rows: np.ndarray
    at: Moments

    def standardized(self, parameter: int, squared_slope: Callable[[float], float], switch: bool) -> np.ndarray:
        """One parameter's steps in one coordinate, in standard deviations from their mean: (N_STEPS,)."""
        metric = squared_slope(float(self.at.q[parameter]))
        deviation = np.sqrt(self.at.variance(switch)[parameter] / N_SAMPLES)
        return (self.rows[:, parameter] / metric - self.at.mean[parameter]) / deviation


@dataclass
class Steps:
    """Blocks of short steps, kept so that each parameter's test looks at the same: the first from the start, each other
    from where one longer step led."""

    submission: Submission
    problem: Problem
    control_variates: bool
    rng: np.random.Generator
    blocks: list[Block] = field(default_factory=list)

    def block(self, i: int) -> Block:
        """The i-th, made as far as it was not yet."""
        while len(self.blocks) <= i:
            self.blocks.append(self.moved() if self.blocks else self.at_the_start())
        return self.blocks[i]

    def at_the_start(self) -> Block:
        """Steps from q, with their size given as a number."""
        rows = increments(self.submission, self.problem, N_SAMPLES, self.control_variates)(N_STEPS, self.rng)
        return Block(rows, moments(self.problem))

    def moved(self) -> Block:
        """Steps from where a longer one led, with their sizes given as an array."""
        x, prior, q = self.problem
        sizes = np.full(N_STEPS + 1, STEP)
        sizes[0] = self.longer()
        generator = Rng(int(self.rng.integers(2**32)))
        path = self.submission.bbvi.fit(x, prior, q, N_STEPS + 1, N_SAMPLES, sizes, generator, self.control_variates)
        path = trajectory(path, N_STEPS + 1, q)
        return Block(np.diff(path[1:], axis=0) / STEP, moments((x, prior, tuple(path[1].tolist()))))

    def longer(self) -> float:
        """The size of a step that takes one parameter FAR, as the first block's steps tell."""
        q, pace = self.blocks[0].at.q, np.abs(self.blocks[0].rows.mean(axis=0))
        return float(FAR / np.max(pace / [q[1] ** -0.5, *q[1:]], initial=FAR))

    def of(
        self, parameter: int, squared_slope: Callable[[float], float]
    ) -> Callable[[int, np.random.Generator], np.ndarray]:
        """draw(n, rng): one parameter's standardized steps, from the first on."""
        taken = 0

        def draw(n: int, rng: np.random.Generator) -> np.ndarray:
            nonlocal taken
            start, taken = taken, taken + n
            blocks = range(start // N_STEPS, -(-taken // N_STEPS))
            rows = [self.block(i).standardized(parameter, squared_slope, self.control_variates) for i in blocks]
            return np.concatenate(rows)[start - blocks[0] * N_STEPS :][:n]

        return draw


@dataclass(frozen=True)
class Moments:
    """Of a row of the gradient estimate at q, by quadrature: mean, and variance without and with a control variate."""

    q: Vector
    mean: Vector
    plain: Vector
    controlled: Vector
    """The largest over the usual ways to share the scaling: per factor of q, over all of q, per coordinate."""
    natural: Vector
    """The natural gradient: the Fisher matrix of q, solved for the mean."""

    def variance(self, control_variates: bool) -> Vector:
        """A bound on that of a submission's rows; with control variates it may be anything up to the plain one."""
        return np.maximum(self.plain, 1.2 * self.controlled if control_variates else 0)


def moments(problem: Problem) -> Moments:
    """Of eq. 2 of Ranganath et al. 2014, with the variance-minimising scalings of eq. 9."""
    x, prior, q = problem
    mu, tau, weight = normal_gamma_nodes(q)
    draws, precisions = tensor(mu), tensor(tau)
    log_p = densities.log_likelihood(tensor(x), draws, precisions) + densities.log_prior(draws, precisions, prior)
    h = densities.score(mu, tau, q)
    f = h * (log_p - densities.log_q(draws, precisions, tensor(q))).numpy()[:, None]
    mean, fisher = weight @ f, (h.T * weight) @ h
    covariance, variance = weight @ ((f - mean) * h), weight @ h**2
    shared = [np.repeat(total[0] / total[1], 4 // len(total[0])) for total in shares(covariance, variance)]
    controlled = [weight @ (f - scaling * h - mean) ** 2 for scaling in shared]
    plain = weight @ (f - mean) ** 2
    return Moments(np.array(q), mean, plain, np.max(controlled, axis=0), np.linalg.solve(fisher, mean))


def shares(covariance: Vector, variance: Vector) -> list[tuple[np.ndarray, np.ndarray]]:
    """Numerators and denominators of the scaling, summed over groups of 1, 2 and 4 neighbouring parameters."""
    return [tuple(v.reshape(-1, size).sum(axis=1) for v in (covariance, variance)) for size in (1, 2, 4)]
