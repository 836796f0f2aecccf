"""The recorded spread of correct runs, from which acceptance takes its limits.

A spread is a CSV file: columns that say which runs and which statistic, then the statistic's mean, standard deviation
and extremes over the seeds. It is kept beside the experiment whose `main` recomputes it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STANDARD_DEVIATIONS = 8.0
"""How far from the mean of the recorded runs a correct run may end.

The standard deviation is estimated: were the statistic normal, a correct run would end outside on one side with the
probability of Student's t with n - 1 degrees of freedom above 8 / sqrt(1 + 1/n), 1.5e-12 for 100 recorded seeds and
6e-14 for 200. That the statistics are normal so far out is not known.
"""
SUMMARY = ("mean", "sd", "lowest", "highest", "seeds")


@dataclass(frozen=True)
class Limit:
    """Where a statistic of correct runs lies: mean and standard deviation over seeds."""

    mean: float
    sd: float

    @property
    def low(self) -> float:
        """Below this a run is not like the recorded ones."""
        return self.mean - STANDARD_DEVIATIONS * self.sd

    @property
    def high(self) -> float:
        """Nor above this."""
        return self.mean + STANDARD_DEVIATIONS * self.sd

    def times(self, tolerance: float) -> Limit:
        """Both limits that many times as far from the mean: the course's tolerance."""
        return Limit(self.mean, tolerance * self.sd)


def read_spread(path: Path) -> dict[tuple[str, ...], Limit]:
    """Limits by the entries of the leading columns."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        tuple(value for name, value in row.items() if name not in SUMMARY): Limit(float(row["mean"]), float(row["sd"]))
        for row in rows
    }


def summary(runs: list[dict[str, float]], **kind: object) -> list[dict[str, object]]:
    """One row a statistic, over runs of the same kind."""
    rows: list[dict[str, object]] = []
    for statistic in runs[0]:
        values = np.array([each[statistic] for each in runs])
        numbers = (values.mean(), values.std(ddof=1), values.min(), values.max())
        rows.append(
            {**kind, "statistic": statistic}
            | {name: f"{number:.6g}" for name, number in zip(SUMMARY[:-1], numbers, strict=True)}
            | {"seeds": len(runs)}
        )
    return rows


def write_spread(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Replace the file."""
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
