"""What grading costs: measured seconds for each submission, and from them the time and core-hours of a run.

    python -m grading.cluster.costs OUT     measure from a gradebook, and write costs.json beside this file

A run of n submissions on w workers hands each free worker the next submission.  Its wall time lies between
n·m/w and n·m/w + (1 − 1/w)·L, with m the mean and L the longest time of a submission (Graham 1966, Bounds for certain
multiprocessing anomalies); chance adds three standard errors of the sum on either side.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections import defaultdict
from pathlib import Path

import msgspec

from grading.assignment import Kind, load
from grading.gradebook import Gradebook, GradebookError, Profile
from grading.gradebook.conditions import TAKEN_OVER

PAGE = Path(__file__).parent / "costs.json"


class Cost(msgspec.Struct, frozen=True):
    """Seconds of one submission on one core."""

    mean: float
    deviation: float
    longest: float
    submissions: int
    """How many were measured."""

    def plus(self, other: Cost) -> Cost:
        """Both together; their times are taken as independent."""
        deviation = math.hypot(self.deviation, other.deviation)
        least = min(self.submissions, other.submissions)
        return Cost(self.mean + other.mean, deviation, self.longest + other.longest, least)


class Costs(msgspec.Struct, frozen=True):
    """Measured costs."""

    startup: float
    """Seconds until a worker is warm."""
    checks: Cost
    experiments: dict[str, Cost]
    """By profile; a profile that was never measured is absent."""

    def of(self, profile: Profile) -> Cost | None:
        """One submission's cost with this much training; None where it was never measured."""
        training = self.experiments.get(str(profile))
        return self.checks.plus(training) if training else None


class Estimate(msgspec.Struct, frozen=True):
    """Seconds of a run."""

    shortest: float
    longest: float
    core_seconds: float


def estimate(submissions: int, workers: int, startup: float, cost: Cost) -> Estimate:
    """Wall time between two bounds, and core time, of a run on so many workers."""
    used = max(1, min(workers, submissions))
    total, chance = submissions * cost.mean, 3 * cost.deviation * math.sqrt(submissions)
    least = startup + max(0.0, total - chance) / used
    most = startup + (total + chance) / used + (1 - 1 / used) * cost.longest
    return Estimate(least, most, total + used * startup)


def read(page: Path = PAGE) -> Costs:
    """The measured costs."""
    return msgspec.json.decode(page.read_bytes(), type=Costs)


def measure(book: Gradebook, startup: float, known: Costs | None = None) -> Costs:
    """Costs from a gradebook's outcomes as last recorded; what it holds nothing about, from `known`.

    Raises:
        GradebookError: it holds no outcomes.
    """
    manifest = load().manifest()
    seconds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for key, outcome in book.latest():
        if TAKEN_OVER in key.policy:
            continue
        kind = manifest[key.check][1].kind if key.check in manifest else Kind.TEST
        profile = key.policy.split(", ")[1] if kind is Kind.EXPERIMENT else ""
        seconds[profile][key.content] += outcome.seconds
    if not seconds[""]:
        raise GradebookError(f"{book.path}: no outcomes to measure from; run `evidence grade` first")
    checks = cost_of(list(seconds.pop("").values()))
    before = known.experiments if known else {}
    return Costs(startup, checks, before | {name: cost_of(list(each.values())) for name, each in seconds.items()})


def cost_of(seconds: list[float]) -> Cost:
    """Mean, standard deviation and longest of measured times."""
    deviation = statistics.stdev(seconds) if len(seconds) > 1 else 0.0
    return Cost(round(statistics.mean(seconds), 2), round(deviation, 2), round(max(seconds), 2), len(seconds))


if __name__ == "__main__":
    found = measure(Gradebook(Path(sys.argv[1]) / "gradebook.sqlite"), 12.0, read() if PAGE.exists() else None)
    PAGE.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
