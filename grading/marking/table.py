"""Marks as CSV, out and in, for those who prefer a spreadsheet.

A table that has any fault changes nothing and is described line by line.
"""

from __future__ import annotations

import csv
import io
import math

from grading.marking.desk import Desk

COLUMNS = ("submission", "check", "maximum", "points", "who", "why", "answer")


class TableError(Exception):
    """A table that cannot be taken; `faults` says why, line by line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("nothing was changed:\n" + "\n".join(faults))
        self.faults = faults


def write_table(desk: Desk, who: str) -> str:
    """Every answer to mark, one a row, with this marker's latest mark where there is one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for question, check, identifier in desk.checks():
        for answer in desk.answers(identifier):
            mark = answer.mark_by(who)
            given = [f"{mark.points:g}", mark.who, mark.why] if mark else ["", who, ""]
            most = f"{question.points_of(check):g}"
            writer.writerow([answer.content, identifier, most, *map(safe, given), safe(answer.text[:2000])])
    return out.getvalue()


def safe(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def read_table(desk: Desk, text: str, who: str) -> int:
    """Save the table's marks, all or none; the number saved.  Rows with empty points are passed over.

    Raises:
        TableError: a column is missing, or a row names no submission or check, or its points are out of range.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    try:
        lines = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise TableError([f"line {reader.line_num}: {error}"]) from None
    absent = [name for name in ("submission", "check", "points") if name not in (reader.fieldnames or ())]
    if absent:
        raise TableError([f"line 1: there is no column {name}" for name in absent])
    manifest, known = desk.course.manifest(), {entry.content for entry in desk.book.handed_in()}
    rows, faults = [], []
    for number, row in lines:
        cells = {key: value or "" for key, value in row.items() if isinstance(key, str)}
        if not cells["points"].strip():
            continue
        fault = fault_of(cells, manifest, known)
        faults += [f"line {number}: {fault}"] if fault else []
        rows.append(cells)
    if faults:
        raise TableError(faults)
    with desk.book.transaction():
        for cells in rows:
            signer = cells.get("who", "").strip() or who
            desk.mark(cells["submission"], cells["check"], float(cells["points"]), signer, cells.get("why", ""))
    return len(rows)


def fault_of(cells: dict[str, str], manifest: dict, known: set[str]) -> str:
    """What is wrong with a row, or nothing."""
    if cells["submission"] not in known:
        return f"there is no submission {cells['submission']!r}"
    if cells["check"] not in manifest:
        return f"there is no check {cells['check']!r}"
    try:
        points = float(cells["points"])
    except ValueError:
        return f"points {cells['points']!r} is no number"
    question, check = manifest[cells["check"]]
    most = question.points_of(check)
    if not (math.isfinite(points) and 0 <= points <= most + 1e-9):
        return f"points {cells['points']} lies outside 0 to {most:g}"
    return ""
