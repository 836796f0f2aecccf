"""Times and regrade requests as CSV files beside `course.toml`, for those who keep them in a spreadsheet.

times.csv       student,time,level        2026-12-05 01:10, or with a time zone: 2026-12-05T01:10+01:00; the level may
                                          be empty or absent
regrades.csv    student,question,check,text,date

A file with any fault is refused as a whole, line by line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from grading.assignment.course import CatalogueError
from grading.assignment.policy import Request, Times
from grading.spreadsheet import Row, table_of


def read_times(path: Path) -> Times:
    """The times of each student.  Raises CatalogueError."""
    found, faults = Times(), []
    for line, cells in rows(path, ("student", "time"), ("level",)):
        own, level = found.setdefault(cells["student"], {}), cells["level"]
        if level in own:
            which = f" for level {level}" if level else ""
            faults.append(f"{path}, line {line}: {cells['student']} stands here twice{which}")
        try:
            own[level] = datetime.fromisoformat(cells["time"])
        except ValueError:
            faults.append(f"{path}, line {line}: {cells['time']!r} is no time such as 2026-12-05 01:10")
    refuse(faults)
    return found


def read_requests(path: Path) -> list[Request]:
    """Every request, in the order of the file.  Raises CatalogueError."""
    found, faults = [], []
    for line, cells in rows(path, ("student", "question", "check", "text", "date")):
        try:
            asked_on = date.fromisoformat(cells.pop("date")[:10])
        except ValueError:
            faults.append(f"{path}, line {line}: the date is none such as 2026-12-20")
            continue
        found.append(Request(**cells, date=asked_on))
    refuse(faults)
    return found


def rows(path: Path, columns: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[Row]:
    """Lines with these columns, trimmed; empty lines are passed over, and optional columns may be absent."""
    try:
        found, lines = table_of(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from None
    except (ValueError, csv.Error) as error:
        raise CatalogueError(f"{path}: {error}; save it as CSV in UTF-8") from None
    if absent := [name for name in columns if name not in found]:
        raise CatalogueError(f"{path}, line 1: there is no column {absent[0]}; expected {','.join(columns)}")
    for number, row in lines:
        cells = {name: row.get(name, "").strip() for name in (*columns, *optional)}
        if any(cells.values()):
            yield number, cells


def refuse(faults: list[str]) -> None:
    """Raises CatalogueError where there is a fault."""
    if faults:
        raise CatalogueError("\n".join(faults))
