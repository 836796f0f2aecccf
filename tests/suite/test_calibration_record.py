"""What docs/calibration.csv records: enough runs of every test, no rate above its nominal level, few draws.

The table is measured by `make calibrate`, in minutes to hours; this reads it, so that a change which is measured again
and errs more often does not pass unseen.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from grading.montecarlo.calibration.table import dkwm, fixed_z_test, rare_rate
from grading.montecarlo.calibration.trials import RELAXED, TRIALS

RECORD = Path(__file__).parents[2] / "docs" / "calibration.csv"
ERRORS = ("rejected_at_some_look", "false_fails", "false_passes")
Counts = dict[str, float]


def recorded(table: str) -> dict[tuple[str, str], Counts]:
    """Counts of each test and law in one of the tables."""
    found: dict[tuple[str, str], Counts] = defaultdict(dict)
    with RECORD.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["table"] == table:
                found[row["kind"], row["law"]][row["quantity"]] = float(row["value"])
    return found


@pytest.mark.parametrize("table", ["relaxed", "rare", "samples", "t-test"])
def test_every_trial_was_measured_to_the_end(table: str) -> None:
    """As many replications as the module that measures asks for: 20,000 where a rate is counted."""
    asked = {(trial.kind, trial.law): trial.block * trial.blocks for trial in TRIALS if trial.table == table}
    assert {key: counts["replications"] for key, counts in recorded(table).items()} == asked
    assert table == "samples" or set(asked.values()) == {20_000}


@pytest.mark.parametrize(("key", "counts"), recorded("relaxed").items(), ids=lambda value: str(value)[:60])
def test_no_rate_is_over_nominal(key: tuple[str, str], counts: Counts) -> None:
    """Neither of a wrong failure, at any look or in the end, nor of a wrong pass at the stated effect."""
    rates = {error: counts[error] / counts["replications"] for error in ERRORS}
    assert max(rates.values()) <= RELAXED, (key, rates)


@pytest.mark.parametrize(("key", "counts"), recorded("rare").items(), ids=lambda value: str(value)[:60])
def test_no_rare_rate_is_over_nominal(key: tuple[str, str], counts: Counts) -> None:
    """The probability, divided by alpha = 1e-9, stays below one by three of its standard errors."""
    mean, error = rare_rate(counts)
    assert mean + 3 * error < 1, (key, mean, error)


def test_a_verdict_takes_fewer_draws_than_tests_of_fixed_size() -> None:
    """On correct work, and at the effect, where it takes longest; no verdict was wrong or stopped at the limit."""
    for (kind, law), counts in recorded("samples").items():
        n = counts["replications"]
        assert counts["failed"] in (0, n), (kind, law)
        assert counts["at_limit"] == 0, (kind, law)
        if kind.startswith("mean"):
            assert counts["draws"] / n < fixed_z_test(0.1) < dkwm(0.1, 14), (kind, law)
