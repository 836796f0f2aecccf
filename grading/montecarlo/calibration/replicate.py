"""Many runs of one sequential test at once: the statistics broadcast over a leading axis of replications."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grading.montecarlo.sequential import SequentialTest, batch_sizes

Rows = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]
"""(indices of the replications (R,), n, rng) to rows (R, n, ...)."""


@dataclass(frozen=True)
class Verdicts:
    """How R runs ended: failed, else passed by evidence or at the limit; draws used."""

    failed: np.ndarray
    at_limit: np.ndarray
    n_draws: np.ndarray


def replicate(
    test: SequentialTest, rows: Rows, r: int, rng: np.random.Generator, alpha: float, beta: float
) -> Verdicts:
    """R runs as `sequential.run` makes them: same batches, same thresholds, both directions."""
    failed, passed = np.zeros(r, bool), np.zeros(r, bool)
    n_draws, active, totals, n = np.zeros(r, int), np.arange(r), np.zeros(()), 0
    for size in batch_sizes(test.limit(beta)):
        for piece in pieces(size, len(active)):
            totals = totals + test.statistics(rows(active, piece, rng)).sum(axis=1)
        n += size
        against, in_favour = test.evidence(totals, n)
        fails = against >= -math.log(alpha)
        passes = ~fails & (in_favour >= -math.log(beta))
        failed[active[fails]], passed[active[passes]], n_draws[active] = True, True, n
        going = ~(fails | passes)
        active, totals = active[going], totals[going]
        if not len(active):
            break
    return Verdicts(failed, ~(failed | passed), n_draws)


def pieces(size: int, r: int, most: int = 2**20) -> list[int]:
    """A batch cut so that no piece holds more than about a million draws over all replications."""
    step = max(1, most // r)
    return [min(step, size - start) for start in range(0, size, step)]


def highest_evidence(
    test: SequentialTest, rows: Rows, r: int, rng: np.random.Generator, n_max: int, step: int
) -> np.ndarray:
    """The largest log e-value against the claim at any look, every `step` draws to n_max: (R,).

    No early acceptance: more looks, and later ones, than a run ever takes, so an upper bound on its errors.
    """
    everyone, totals, highest = np.arange(r), np.zeros(()), np.full(r, -np.inf)
    for n in range(step, n_max + 1, step):
        totals = totals + test.statistics(rows(everyone, step, rng)).sum(axis=1)
        highest = np.maximum(highest, test.evidence(totals, n)[0])
    return highest
