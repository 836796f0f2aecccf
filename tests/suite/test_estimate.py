"""The estimate of a run's time holds in simulation."""

from __future__ import annotations

import heapq
from pathlib import Path

import numpy as np
import pytest

from grading.cluster.costs import Cost, cost_of, estimate, measure, read
from grading.gradebook import Gradebook, GradebookError, Key, Profile
from grading.verdict.outcome import Outcome, State


def simulated(seconds: np.ndarray, workers: int) -> float:
    """Wall time when each free worker takes the next submission."""
    free = [0.0] * workers
    for each in seconds:
        heapq.heapreplace(free, free[0] + float(each))
    return max(free)


@pytest.mark.parametrize(("submissions", "workers"), [(200, 2), (10_000, 64), (100_000, 512)])
@pytest.mark.parametrize("seed", range(5))
def test_simulated_runs_end_within_the_estimate(submissions: int, workers: int, seed: int) -> None:
    """Most submissions take some 15 seconds, some hang in several checks; costs are measured on 1000 others."""
    rng = np.random.default_rng(seed)

    def draw(n: int) -> np.ndarray:
        return rng.gamma(20, 0.75, n) + np.where(rng.random(n) < 0.08, rng.uniform(20, 200, n), 0)

    cost, startup = cost_of(list(draw(1000))), 10.0
    found = estimate(submissions, workers, startup, cost)
    wall = startup + simulated(draw(submissions), workers)
    error = 3 * cost.deviation / np.sqrt(1000) * submissions / workers
    assert found.shortest - error <= wall <= found.longest + error
    assert found.longest < 2 * found.shortest


def test_more_workers_never_take_longer_and_one_submission_uses_one() -> None:
    """The bounds fall with the number of workers; idle workers cost nothing."""
    cost = Cost(15, 5, 60, 100)
    walls = [estimate(10_000, workers, 10, cost).longest for workers in (1, 2, 8, 64)]
    assert walls == sorted(walls, reverse=True)
    assert estimate(1, 64, 10, cost) == estimate(1, 1, 10, cost)


def test_costs_are_measured_from_a_gradebook(tmp_path: Path) -> None:
    """Seconds of a submission's checks add up; experiments are kept apart by profile."""
    book = Gradebook(tmp_path / "gradebook.sqlite")
    with pytest.raises(GradebookError, match="no outcomes"):
        measure(book, 10.0)
    for content, seconds in (("a", 1.0), ("b", 3.0)):
        for check in ("1.2.4/score_has_mean_zero", "1.2.4/log_q_is_the_log_density"):
            outcome = Outcome(check=check, state=State.PASSED, seconds=seconds)
            book.record(Key(content, check, "of an older check", "seed 0"), outcome, "sandbox")
            book.record(Key(content, check, "f", "seed 0"), outcome, "sandbox")
    costs = measure(book, 10.0)
    assert (costs.checks.mean, costs.checks.longest, costs.checks.submissions) == (4.0, 6.0, 2)
    assert costs.of(Profile.FULL) is None


def test_recorded_costs_can_be_read() -> None:
    """What `evidence estimate` goes by."""
    assert read().checks.mean > 0
