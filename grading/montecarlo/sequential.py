"""The loop that every Monte Carlo test shares: draw, look, and stop as soon as the evidence suffices.

A test is a pair of e-processes, both functions of additive statistics of the draws:

    against      an e-process when the claim holds:  P(ever >= 1/alpha) <= alpha  (Ville's inequality)
    in favour    an e-process when the claim is off by the stated effect: P(ever >= 1/beta) <= beta

so one may look after every batch and stop in either direction; no correction for peeking is due.
See Ramdas, Gruenwald, Vovk, Shafer 2023, "Game-theoretic statistics and safe anytime-valid inference".
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from grading.montecarlo.budget import current_budget
from grading.montecarlo.confidence import ConfidenceSequence
from grading.montecarlo.draws import Draw, NotADraw
from grading.montecarlo.result import Ending, Look, Result

FIRST_BATCH = 64


class SequentialTest(Protocol):
    """A claim with its two e-processes. Leading axes of `rows` are replications: everything broadcasts."""

    @property
    def claim(self) -> str:
        """What is tested, as a sentence."""
        ...

    @property
    def effect(self) -> str:
        """The deviation that is found, in words."""
        ...

    def limit(self, beta: float) -> int:
        """How many draws suffice, with room to spare; then the claim is accepted."""
        ...

    def statistics(self, rows: np.ndarray) -> np.ndarray:
        """What is summed over the draws: rows (..., d) to (..., *shape)."""
        ...

    def evidence(self, totals: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Log e-values (against, in favour) from totals over n draws: (..., *shape) to (...)."""
        ...

    def detail(self, totals: np.ndarray, n: int) -> str:
        """One sentence on what was seen: the estimate beside the claim."""
        ...

    def sequence(self, rows: np.ndarray, alpha: float) -> ConfidenceSequence:
        """The confidence sequence of the number that is furthest from its claim, from all rows (n, d)."""
        ...


def batch_sizes(limit: int, first: int = FIRST_BATCH) -> list[int]:
    """64 draws, then an eighth more each time: at most 12 % are drawn after the evidence sufficed."""
    sizes, n = [], 0
    while n < limit:
        sizes.append(min(max(first, n // 8), limit - n))
        n += sizes[-1]
    return sizes


def run(test: SequentialTest, draw: Draw, rng: np.random.Generator, alpha: float, beta: float) -> Result:
    """Draw until one of the two e-values is large enough, a draw is impossible, or the limit is reached.

    `draw` gives rows in the form that the test's statistics take, or raises NotADraw.
    """
    if not (0 < alpha < 1 and 0 < beta < 1):
        raise ValueError(f"alpha and beta are probabilities strictly between 0 and 1, not {alpha} and {beta}")
    budget = current_budget()
    budget.spend(alpha)
    result = _run(test, draw, rng, alpha, beta)
    budget.results.append(result)
    return result


def _run(test: SequentialTest, draw: Draw, rng: np.random.Generator, alpha: float, beta: float) -> Result:
    n, totals = 0, np.zeros(())
    path: list[Look] = []
    seen: list[np.ndarray] = []

    def stop(ending: Ending, detail: str) -> Result:
        """The result so far; with a confidence sequence where the claim is rejected."""
        shown = test.sequence(np.concatenate(seen), alpha) if ending is Ending.EVIDENCE_AGAINST else None
        return Result(test.claim, ending, tuple(path), alpha, beta, test.effect, detail, shown)

    for size in batch_sizes(test.limit(beta)):
        try:
            rows = draw(size, rng)
        except NotADraw as problem:
            path.append(Look(n + size, math.inf, -math.inf))
            return stop(Ending.NOT_A_DRAW, str(problem))
        seen.append(rows)
        n, totals = n + size, totals + test.statistics(rows).sum(axis=0)
        against, in_favour = (float(e) for e in test.evidence(totals, n))
        path.append(Look(n, against, in_favour))
        if against >= -math.log(alpha):
            return stop(Ending.EVIDENCE_AGAINST, test.detail(totals, n))
        if in_favour >= -math.log(beta):
            return stop(Ending.EVIDENCE_FOR, test.detail(totals, n))
    return stop(Ending.DRAW_LIMIT, test.detail(totals, n))
