"""What a spreadsheet must not misread, and how its tables are read."""

from __future__ import annotations

import csv
import io


def safe(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def reader_of(text: str) -> csv.DictReader[str]:
    """The rows of a table, whose first line says whether commas or semicolons part its cells."""
    text = text.lstrip("\ufeff")
    first = text.partition("\n")[0]
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;", key=first.count))
