"""The experiment of 2.2.18 and 2.2.19: gradient against natural gradient descent on the Gamma's likelihood.

1000 draws of the Gamma with shape 3 and scale 2, start (0.5, 8), 150 epochs of step size 0.1 for both methods. The
judge solves for the maximum likelihood estimate and measures both paths by it: the distance in standard errors,
sqrt(N d^T F d) with F the Fisher matrix at the estimate, and the excess of the average loss in nats.

The limits come from the spread of the reference over a hundred seeds, in `gamma_descent_spread.csv`:

    python -m grading.experiments.gamma_descent --seeds 100
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import digamma, gammaln, polygamma

from grading.experiments.spread import Limit, read_spread, summary, write_spread
from grading.submission import InProcess, Submission

SHAPE, SCALE = 3.0, 2.0
START = (0.5, 8.0)
STEP_SIZE = 0.1
NEAR = 0.01
"""Nats of excess loss at which a path counts as arrived."""
CLOSE = 1e-3
"""Standard errors within which a path is at the optimum whatever correct runs do."""
ENDS = ("log_natural_distance", "log_gradient_excess")
SPREAD = Path(__file__).with_name("gamma_descent_spread.csv")
METHODS = ("gradient_descent", "natural_gradient_descent")


@dataclass(frozen=True)
class Profile:
    """How many draws, how many epochs."""

    size: int
    n_epochs: int


PROFILES = {"quick": Profile(200, 150), "full": Profile(1000, 150)}

Descent = Callable[[str, Float[np.ndarray, " N"], Profile], Float[np.ndarray, "T 2"]]
"""The path of one of METHODS on these data."""


@dataclass(frozen=True)
class Likelihood:
    """The average negative log likelihood of some data in shape and scale, and its minimum."""

    size: int
    mean: float
    mean_log: float

    @classmethod
    def of(cls, x: Float[np.ndarray, " N"]) -> Likelihood:
        """All that the likelihood needs of the data."""
        return cls(len(x), float(x.mean()), float(np.log(x).mean()))

    def loss(self, theta: Float[np.ndarray, "... 2"]) -> Float[np.ndarray, ...]:
        """-1/N sum_n log p(x_n | alpha, beta) in nats."""
        alpha, beta = theta[..., 0], theta[..., 1]
        return gammaln(alpha) + alpha * np.log(beta) - (alpha - 1) * self.mean_log + self.mean / beta

    @property
    def optimum(self) -> Float[np.ndarray, 2]:
        """log alpha - psi(alpha) = log x̄ - mean log x and alpha beta = x̄ (Minka 2002, eqs. 2-4)."""
        alpha = brentq(lambda a: np.log(a) - digamma(a) - np.log(self.mean) + self.mean_log, 1e-3, 1e6, xtol=1e-13)
        return np.array([alpha, self.mean / alpha])

    def distance(self, theta: Float[np.ndarray, "... 2"]) -> Float[np.ndarray, ...]:
        """From the optimum, in standard errors of the estimate."""
        alpha, beta = self.optimum
        fisher = np.array([[polygamma(1, alpha), 1 / beta], [1 / beta, alpha / beta**2]])
        off = theta - self.optimum
        return np.sqrt(self.size * np.einsum("...i,ij,...j->...", off, fisher, off))


@dataclass(frozen=True)
class Race:
    """Both paths on the same data."""

    likelihood: Likelihood
    paths: dict[str, Float[np.ndarray, "T 2"]]

    def excess(self, method: str) -> Float[np.ndarray, " T"]:
        """How far the loss is above its minimum, epoch by epoch, in nats."""
        return self.likelihood.loss(self.paths[method]) - self.likelihood.loss(self.likelihood.optimum)

    def epochs(self, method: str) -> int | None:
        """The first epoch from which the path stays within NEAR of the minimum, or None."""
        away = np.flatnonzero(self.excess(method) > NEAR)
        first = int(away[-1]) + 1 if len(away) else 0
        return first if first < len(self.paths[method]) else None

    def statistics(self) -> dict[str, float]:
        """What acceptance looks at."""
        natural = self.paths["natural_gradient_descent"]
        return {
            "log_natural_distance": float(np.log(self.likelihood.distance(natural[-1]) + 1e-300)),
            "log_gradient_excess": float(np.log(self.excess("gradient_descent")[-1])),
            "natural_epochs": float(self.epochs("natural_gradient_descent") or len(natural)),
        }


def data(profile: Profile, seed: int) -> Float[np.ndarray, " N"]:
    """Draws of the Gamma with shape 3 and scale 2."""
    return np.random.default_rng([seed, profile.size]).gamma(SHAPE, SCALE, profile.size)


def run(descent: Descent, profile: Profile, seed: int) -> Race:
    """Both descents on the same data."""
    x = data(profile, seed)
    return Race(Likelihood.of(x), {method: descent(method, x, profile) for method in METHODS})


def largest_excess(race: Race, profile: str, tolerance: float) -> dict[str, float]:
    """By method, the excess loss in nats below which correct runs end; near the optimum it is distance² / 2N."""
    high = {name: float(np.exp(limits()[profile, name].times(tolerance).high)) for name in ENDS}
    distance = max(high["log_natural_distance"], CLOSE)
    return {
        "gradient_descent": high["log_gradient_excess"],
        "natural_gradient_descent": distance**2 / (2 * race.likelihood.size),
    }


@cache
def limits() -> dict[tuple[str, ...], Limit]:
    """By profile and statistic."""
    return read_spread(SPREAD)


def descent_of(submission: Submission) -> Descent:
    """The submission's descents from START."""

    def descent(method: str, x: np.ndarray, profile: Profile) -> np.ndarray:
        """Its path from START by this method."""
        function = getattr(submission.gamma, method)
        return function(x, *START, profile.n_epochs, STEP_SIZE, parameterization="scale", seconds=120.0)

    return descent


def recorded(descent: Descent, seeds: int) -> Iterator[dict[str, object]]:
    """Rows of the spread file."""
    for name, profile in PROFILES.items():
        yield from summary([run(descent, profile, seed).statistics() for seed in range(seeds)], profile=name)


def main() -> None:
    """Record the spread of the reference."""
    parser = argparse.ArgumentParser(description="Record the spread of correct runs in gamma_descent_spread.csv.")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--submission", type=Path, default=Path(), metavar="DIR", help="a correct submission")
    options = parser.parse_args()
    write_spread(SPREAD, recorded(descent_of(Submission(InProcess(options.submission))), options.seeds))


if __name__ == "__main__":
    main()
