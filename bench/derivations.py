"""Whole documents and the table of claims, in wall time, since the closed forms are decided in a worker process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from bench.timing import Row
from derivations.check import check_document
from tests.suite.test_claims import claims, judge

TITLE = "Derivations (wall time, worker process included)"
ROOT = Path(__file__).parents[1]
DOCUMENTS = (ROOT / "answers.md", ROOT / "grading" / "examples" / "worked_solution" / "answers.md")


def rows() -> Iterator[Row]:
    """One row a document, then the claims' median and slowest."""
    for path in DOCUMENTS:
        begun = time.perf_counter()
        report = check_document(path.read_text(encoding="utf-8"))
        note = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items() if count)
        yield Row(str(path.relative_to(ROOT)), time.perf_counter() - begun, note)
    spent = [judge(claim).seconds for claim in claims()]
    yield Row("one claim of the table, median", statistics.median(spent), f"{len(spent)} claims")
    yield Row("one claim of the table, slowest", max(spent))
