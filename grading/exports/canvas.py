"""Canvas: a CSV for "Import grades", with one column.

Header and matching follow instructure/canvas-lms lib/gradebook_importer.rb: the student's id is matched first, then
the SIS ids, then the name; a title that Canvas does not know creates a new assignment.  Every row has as many cells as
the header, since Canvas tells commas from semicolons by that.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from grading.report import lateness
from grading.report.data import Report
from grading.spreadsheet import safe

BULK = re.compile(r"(?P<student>[^_]+)_(?P<id>\d+)")
"""The name of a submission from Canvas's bulk download, as the intake gives it."""
TOTAL = re.compile(r"(current|final).*(score|points|grade)|override.*(score|grade|status)", re.IGNORECASE)

DROPPED = [f"Final points note: {name}" for name in lateness.COLUMNS]
"""Columns on late work for whoever reads the file; Canvas takes them for totals and drops them."""


class TitleError(ValueError):
    """A title that Canvas would take for a total and drop."""


def write(reports: Sequence[Report], title: str) -> str:
    """The CSV.

    Raises:
        TitleError: Canvas silently drops columns with such a title.
    """
    if TOTAL.search(title):
        raise TitleError(f"--title {title!r}: Canvas takes this for a total and drops it; choose another title")
    late = any(report.handed_in.rule for report in reports)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["Student", "ID", "SIS User ID", "SIS Login ID", "Section", title, *(DROPPED if late else ())])
    possible = f"{reports[0].maximum:g}" if reports else ""
    writer.writerow(["    Points Possible", "", "", "", "", possible, *([""] * len(DROPPED) if late else ())])
    for report in reports:
        writer.writerow(row(report) + (lateness.cells(report) if late else []))
    return out.getvalue()


def row(report: Report) -> list[str]:
    """One student; the id is known where the submission came from Canvas."""
    match = BULK.fullmatch(report.submission)
    name, identity = (match["student"], match["id"]) if match else (report.submission, "")
    return [safe(name), identity, "", "" if identity else safe(report.submission), "", f"{report.points:.2f}"]
