"""What a spreadsheet must not misread, and how its tables are read."""

from __future__ import annotations

import csv
import io
from itertools import chain, repeat

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a formula may begin with."""

Row = tuple[int, dict[str, str]]
"""First line and cells, which may have line breaks."""


def safe(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return "'" + cell if cell[:1] in FORMULA else cell


def plain(cell: str) -> str:
    """What `safe` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def table_of(text: str) -> tuple[list[str], list[Row]]:
    """The columns of a table, whose first line says whether commas or semicolons part its cells, and its rows.

    Raises:
        csv.Error: with the line.
    """
    text = text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;", key=first.count))
    try:
        columns, rows, end = next(reader, []), list[Row](), reader.line_num
        for cells in reader:
            if cells:
                rows.append((end + 1, dict(zip(columns, chain(cells, repeat("")), strict=False))))
            end = reader.line_num
    except csv.Error as error:
        raise csv.Error(f"line {reader.line_num}: {error}") from None
    return columns, rows
