"""Moodle: a CSV for "Grades > Import", or the assignment's own grading worksheet, filled in.

Submissions of a bulk download are named by the participant's number, which "Import" cannot map onto a user; there the
worksheet serves (mod/assign/feedback/offline: found by Identifier, with Grade and Feedback comments).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from grading.report import lateness
from grading.report.data import Report
from grading.spreadsheet import safe

IDENTIFIER, GRADE, COMMENTS = "Identifier", "Grade", "Feedback comments"
"""Columns of a grading worksheet, whose identifiers are `Participant 657717`."""
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


class WorksheetError(ValueError):
    """A file that is no grading worksheet; the message says what is missing."""


def fill(worksheet: str, reports: Sequence[Report]) -> tuple[str, list[str]]:
    """The worksheet with grades and feedback, and the submissions that it has no row for; all else stays as it was.

    Raises:
        WorksheetError: a column is missing.
    """
    rows = list(csv.reader(io.StringIO(worksheet.lstrip("\ufeff"), newline="")))
    header = rows[0] if rows else []
    if absent := [name for name in (IDENTIFIER, GRADE) if name not in header]:
        raise WorksheetError(f"line 1: there is no column {absent[0]!r}; download it as Moodle's grading worksheet")
    known = {match["id"]: report for report in reports if (match := BULK.fullmatch(report.submission))}
    filled = set()
    for row in rows[1:]:
        number = re.search(r"\d+$", row[header.index(IDENTIFIER)]) if len(row) >= len(header) else None
        if number and (report := known.get(number[0])):
            filled.add(report.submission)
            row[header.index(GRADE)] = f"{report.points:.2f}"
            if COMMENTS in header:
                row[header.index(COMMENTS)] = feedback(report)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue(), [each.submission for each in reports if each.submission not in filled]


def feedback(report: Report) -> str:
    """Questions that lost points, in one line."""
    lost = [q.number for q in report.questions if q.points + q.pending < q.maximum - 1e-3]
    open_ = f"; {report.pending:g} points still to be marked" if report.pending else ""
    late = f"; {words}" if (words := lateness.sentence(report)) else ""
    return f"level {report.grade}; points lost in {', '.join(lost) or 'none'}{open_}{late}"
