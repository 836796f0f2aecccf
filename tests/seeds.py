"""Every seed must pass: the checks on the reference, under many seeds, in one process.

    python -m tests.seeds --seeds 300                          all files of checks
    python -m tests.seeds --seeds 300 tests/test_gamma.py      some
    python -m tests.seeds --seeds 2000 --rung "Monte Carlo"    those that draw random numbers

Each seed is one run of pytest with a fresh error budget. The failures are named; the exit code is their number.
With `--record docs/seeds.csv` the result becomes a line of that file, which docs/checks.md sums up.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import inspect
import io
import sys
import time
from pathlib import Path

import pytest

from grading.montecarlo import Budget

HERE = Path(__file__).parent


class Failures:
    """A pytest plugin that remembers the tests that did not pass, and how many ran, of one rung or of all."""

    def __init__(self, rung: str = "") -> None:
        self.rung = rung
        self.ran = 0
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        """Keep the checks whose docstring says that they stand on the rung."""
        if self.rung:
            items[:] = [item for item in items if f"Rung: {self.rung}" in (inspect.getdoc(item.function) or "")]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count calls; name whatever failed, in setup too."""
        self.ran += report.when == "call"
        if report.failed:
            self.failed.append(report.nodeid)


def run(paths: list[str], seed: int, rung: str = "") -> Failures:
    """One run of the checks with this seed."""
    failures = Failures(rung)
    with Budget().active(), contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main(["-q", "-p", "no:cacheprovider", "--seed", str(seed), *paths], plugins=[failures])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise SystemExit(f"seed {seed}: the checks could not be run: {pytest.ExitCode(code).name}")
    return failures


def main() -> int:
    """Run every seed, say what failed and how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=300, metavar="N")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--rung", default="", help="only the checks on this rung of the ladder")
    parser.add_argument("--record", type=Path, metavar="CSV", help="add the result to this file")
    parser.add_argument("paths", nargs="*", help="files of checks; default: all")
    options = parser.parse_args()
    paths = options.paths or [str(path) for path in sorted(HERE.glob("test_*.py"))]
    begun, failed, ran = time.monotonic(), 0, 0
    for seed in range(options.first, options.first + options.seeds):
        failures = run(paths, seed, options.rung)
        ran += failures.ran
        failed += len(failures.failed)
        for node in failures.failed:
            print(f"seed {seed}: {node}", flush=True)
        done = seed - options.first + 1
        if done % 10 == 0:
            print(f"{done} seeds, {failed} failures so far", file=sys.stderr, flush=True)
    print(f"{options.seeds} seeds, {ran} checks run, {failed} failures, {time.monotonic() - begun:.0f} s")
    if options.record:
        what = [options.rung or "all rungs", " ".join(Path(path).stem for path in options.paths) or "all files"]
        with options.record.open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([*what, options.first, options.seeds, ran, failed])
    return min(failed, 100)


if __name__ == "__main__":
    raise SystemExit(main())
