"""What a spreadsheet must not misread, and how its tables are read."""

from __future__ import annotations

import csv
import io

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a formula may begin with."""


def safe(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return "'" + cell if cell[:1] in FORMULA else cell


def plain(cell: str) -> str:
    """What `safe` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def reader_of(text: str) -> csv.DictReader[str]:
    """The rows of a table, whose first line says whether commas or semicolons part its cells."""
    text = text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;", key=first.count))
