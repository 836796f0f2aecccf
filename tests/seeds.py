"""Every seed must pass: the checks on the reference, under many seeds, in one process.

    python -m tests.seeds --seeds 300                        all files of checks
    python -m tests.seeds --seeds 300 tests/test_gamma.py    some

Each seed is one run of pytest with a fresh error budget. The failures are named; the exit code is their number.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
from pathlib import Path

import pytest

from grading.montecarlo import Budget

HERE = Path(__file__).parent


class Failures:
    """A pytest plugin that remembers the tests that did not pass, and how many ran."""

    def __init__(self) -> None:
        self.ran = 0
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count calls; name whatever failed, in setup too."""
        self.ran += report.when == "call"
        if report.failed:
            self.failed.append(report.nodeid)


def run(paths: list[str], seed: int) -> Failures:
    """One run of the checks with this seed."""
    failures = Failures()
    with Budget().active(), contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", "--seed", str(seed), *paths], plugins=[failures])
    return failures


def main() -> int:
    """Run every seed, say what failed and how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=300, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("paths", nargs="*", default=[str(path) for path in sorted(HERE.glob("test_*.py"))])
    options = parser.parse_args()
    begun, failed, ran = time.monotonic(), 0, 0
    for seed in range(options.first, options.first + options.seeds):
        failures = run(options.paths, seed)
        ran += failures.ran
        failed += len(failures.failed)
        for node in failures.failed:
            print(f"seed {seed}: {node}", flush=True)
        done = seed - options.first + 1
        if done % 10 == 0:
            print(f"{done} seeds, {failed} failures so far", file=sys.stderr, flush=True)
    print(f"{options.seeds} seeds, {ran} checks run, {failed} failures, {time.monotonic() - begun:.0f} s")
    return min(failed, 100)


if __name__ == "__main__":
    raise SystemExit(main())
