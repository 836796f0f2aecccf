"""Plain CSV, one row a check, and plain JSON, one report a submission.

Points of a check are those before anything is taken off for being late; `factor` is the share that counts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import msgspec

from grading.report import lateness
from grading.report.data import Report
from grading.spreadsheet import safe

CHECK = ("submission", "question", "level", "check", "outcome", "points", "pending", "maximum", "mistake", "seconds")
COLUMNS = (*CHECK, "factor", *lateness.COLUMNS)


def write_csv(reports: Sequence[Report]) -> str:
    """One row for every check of every submission."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for report in reports:
        for question in report.questions:
            late = [f"{report.factor(question):g}", *lateness.cells(report)]
            for check in question.checks:
                name = check.id.partition("/")[2]
                numbers = [f"{check.points:g}", f"{check.pending:g}", f"{check.maximum:g}"]
                front = [safe(report.submission), question.number, question.level, name, check.outcome]
                writer.writerow([*front, *numbers, safe(check.mistake), f"{check.seconds:g}", *late])
    return out.getvalue()


def write_json(reports: Sequence[Report]) -> bytes:
    """A list of reports, each as in `report.json`."""
    return msgspec.json.format(msgspec.json.encode(list(reports)), indent=1)
