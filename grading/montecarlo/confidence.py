"""Confidence sequences: what the draws leave possible, at every number of draws at once.

Turn the test round.  Where E_n(m) is the e-process against "the mean is m", the set

    C_n = { m : E_n(m) < 1/alpha }       satisfies       P(mean in C_n for every n) >= 1 - alpha

by Ville's inequality, so one may look after every draw, and the intersection over all looks so far holds as well:
intervals only shrink.  A claim about one number is rejected exactly when that number leaves its set.

    two-sided   Catoni: E_n(m) = mean_g cosh(sum_i phi(lambda_g (x_i - m)/sd)) / (1 + lambda_g^2/2)^n; each sum falls
                in m and is zero at Catoni's estimator m_g, so E_n falls below all m_g and rises above all of them
                (Wang & Ramdas 2023, arXiv 2202.01250, with a mixture of fixed bets in place of a sequence of them)
    one-sided   any e-process that is monotone in m leaves a half-line: a lower or an upper bound

Both ends are found by bisection, on draws that are kept for this, and only where a claim was rejected.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq

from grading.montecarlo.catoni import bets, cost, phi

POINTS = 32
"""Looks that are kept for a picture."""


HUGE = 1e300
"""Stands for infinity in evidence, which is kept as JSON."""

Evidence = dict[str, float | str | list[float]]


@dataclass(frozen=True)
class ConfidenceSequence:
    """A running estimate and an interval that holds the truth at every look at once with probability 1 - alpha.

    Without an upper end (`high` is huge) the sequence is a lower bound, without a lower end an upper one.
    """

    quantity: str
    truth: float
    """What the claim says that it is, or the bound that it keeps."""
    draws: tuple[float, ...]
    estimate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def excludes_the_claim(self) -> bool:
        """Has the interval left the claimed value?"""
        return not self.low[-1] <= self.truth <= self.high[-1]

    @property
    def should_be(self) -> str:
        """`0.05`, `at most 1`, `at least 0`."""
        side = "at most " if self.high[-1] >= HUGE else "at least " if self.low[-1] <= -HUGE else ""
        return f"{side}{self.truth:.4g}"

    @property
    def lies(self) -> str:
        """`between 0.41 and 0.66`, `above 3.1`, `below -0.2`."""
        low, high = self.low[-1], self.high[-1]
        if high >= HUGE:
            return f"above {low:.4g}"
        return f"below {high:.4g}" if low <= -HUGE else f"between {low:.4g} and {high:.4g}"

    def as_evidence(self) -> Evidence:
        """Plain data for an outcome."""
        evidence: Evidence = {"quantity": self.quantity, "truth": short(self.truth)}
        for name in LISTS:
            evidence[f"sequence_{name}"] = [short(each) for each in getattr(self, name)]
        return evidence

    @classmethod
    def of(cls, evidence: Evidence) -> ConfidenceSequence | None:
        """The sequence in an outcome's evidence, None where there is none."""
        truth, lists = evidence.get("truth"), [evidence.get(f"sequence_{name}") for name in LISTS]
        if not isinstance(truth, float) or not all(isinstance(each, list) and each for each in lists):
            return None
        return cls(str(evidence.get("quantity")), truth, *(tuple(each) for each in lists if isinstance(each, list)))


LISTS = ("draws", "estimate", "low", "high")


def short(x: float) -> float:
    """Six digits, and finite."""
    return float(f"{min(max(x, -HUGE), HUGE):.6g}")


def evenly(n: int, most: int = 60) -> list[int]:
    """At most `most` of the indices 0..n - 1, the first and the last among them."""
    return sorted({round(i) for i in np.linspace(0, n - 1, min(n, most))})


def looks(n: int, first: int = 16) -> list[int]:
    """At most POINTS numbers of draws up to n, evenly spaced in their logarithm."""
    return sorted({round(each) for each in np.geomspace(min(first, n), n, POINTS)})


def sequence(
    quantity: str, truth: float, x: Float[np.ndarray, " n"], interval: Callable[[np.ndarray], tuple[float, float]]
) -> ConfidenceSequence:
    """`interval` of the draws so far, at each look, intersected with all before.

    Intervals that have nothing in common (the variance is not the stated one either) are shown as a point.
    """
    at = looks(len(x))
    low, high = np.array([interval(x[:n]) for n in at]).T
    low, high = np.maximum.accumulate(low), np.minimum.accumulate(high)
    mean = np.cumsum(x)[np.array(at) - 1] / at
    ends = (tuple(map(float, each)) for each in (mean, low, np.maximum(low, high)))
    return ConfidenceSequence(quantity, truth, tuple(map(float, at)), *ends)


def catoni_interval(y: Float[np.ndarray, " n"], detect: float, alpha: float) -> tuple[float, float]:
    """The ends of C_n for draws y of variance at most 1, with the bets of a test that detects `detect`."""
    return -catoni_end(-y, detect, alpha), catoni_end(y, detect, alpha)


def catoni_end(y: Float[np.ndarray, " n"], detect: float, alpha: float) -> float:
    """The upper end: above every m_g, and where E_n reaches 1/alpha."""
    lam = bets(detect)
    price = cost(lam, len(y))

    def beyond(m: float) -> float:
        """The log e-value against a mean of m, less its threshold; not above zero below any m_g."""
        lost = phi(np.multiply.outer(lam, m - y)).sum(axis=1)
        return min(log_average(np.logaddexp(lost, -lost) - math.log(2) - price) + math.log(alpha), float(lost.min()))

    return crossing(beyond, float(y.mean()), math.sqrt(-8 * math.log(alpha) / len(y)))


def log_average(log_e: Float[np.ndarray, " G"]) -> float:
    """log of the average of a few e-values: `log_mean_exp` without its overhead."""
    return float(np.logaddexp.reduce(log_e)) - math.log(len(log_e))


def crossing(beyond: Callable[[float], float], start: float, step: float) -> float:
    """Where `beyond`, which rises in the direction of `step`, reaches zero: `start` itself where it is there from the
    first, infinity where it never is."""
    if beyond(start) >= 0:
        return start
    for _ in range(60):
        if beyond(start + step) >= 0:
            return float(brentq(beyond, start, start + step, xtol=1e-4 * abs(step)))
        start, step = start + step, 2 * step
    return math.copysign(math.inf, step)
