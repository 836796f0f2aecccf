"""Marks as CSV, out and in, for those who prefer a spreadsheet.

A table that has any fault changes nothing and is described line by line.
"""

from __future__ import annotations

import csv
import io

from grading.gradebook import Mark
from grading.marking.desk import Desk, Unmarkable, points_from
from grading.spreadsheet import Row, plain, safe, table_of

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


def read_table(desk: Desk, text: str, who: str) -> int:
    """Save the table's marks, all or none; the number saved.  Rows with empty points, and marks that the same person
    has given already, are passed over.

    Raises:
        TableError: a column is missing, or a row names no submission or check, or its points are out of range.
    """
    marks, faults, lines = [], [], dict[tuple[str, str, str], int]()
    for line, cells in filled(text):
        signer, why = plain(cells.get("who", "")).strip() or who, plain(cells.get("why", ""))
        try:
            mark = desk.signed(cells["submission"], cells["check"], points_from(cells["points"]), signer, why)
        except Unmarkable as error:
            faults.append(f"line {line}: {error}")
            continue
        first = lines.setdefault((mark.content, mark.check, mark.who), line)
        faults += [f"line {line}: {signer} has marked this answer in line {first} already"] if first != line else []
        marks.append(mark)
    if faults:
        raise TableError(faults)
    new = [mark for mark in marks if not stands(desk, mark)]
    with desk.book.transaction():
        for mark in new:
            desk.book.add_mark(mark)
    return len(new)


def filled(text: str) -> list[Row]:
    """Every row with points.  Raises TableError."""
    try:
        columns, rows = table_of(text)
    except csv.Error as error:
        raise TableError([str(error)]) from None
    absent = [name for name in ("submission", "check", "points") if name not in columns]
    if absent:
        raise TableError([f"line 1: there is no column {name}" for name in absent])
    return [(line, cells) for line, cells in rows if cells["points"].strip()]


def stands(desk: Desk, mark: Mark) -> bool:
    """Is this the person's latest mark of the answer already?"""
    earlier = [each for each in desk.book.marks(mark.content) if (each.check, each.who) == (mark.check, mark.who)]
    return bool(earlier) and (earlier[-1].points, earlier[-1].why) == (mark.points, mark.why)
