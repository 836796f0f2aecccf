"""Moodle: a CSV for "Import > CSV file"; the columns are mapped by hand there, the first onto ID number or email."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from grading.report import lateness
from grading.report.data import Report
from grading.spreadsheet import safe

BULK = re.compile(r"(?P<student>.+)_(?P<id>\d+)")


def write(reports: Sequence[Report], title: str) -> str:
    """One row a student: identifier, full name, points, feedback."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["Identifier", "Full name", title, "Feedback"])
    for report in reports:
        match = BULK.fullmatch(report.submission)
        name, identity = (match["student"], match["id"]) if match else (report.submission, report.submission)
        writer.writerow([safe(identity), safe(name), f"{report.points:.2f}", safe(feedback(report))])
    return out.getvalue()


def feedback(report: Report) -> str:
    """Questions that lost points, in one line."""
    lost = [q.number for q in report.questions if q.points + q.pending < q.maximum - 1e-3]
    open_ = f"; {report.pending:g} points still to be marked" if report.pending else ""
    late = f"; {words}" if (words := lateness.sentence(report)) else ""
    return f"level {report.grade}; points lost in {', '.join(lost) or 'none'}{open_}{late}"
