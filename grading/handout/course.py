"""The lecturer's course as students get it: what is asked, worth and due, and the own questions with their checks.

Who handed in when, extensions and regrade requests stay with the lecturer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from grading.assignment import Course
from grading.assignment.course_file import CourseFile, read_course_file

OWN = "own_questions"
"""The folder of a handout that holds the folders of own questions."""
PRIVATE = ("handed_in", "extensions", "regrades", "regrade_until")
HEAD = "# What this course asks. Made by `evidence handout`; pytest and `evidence doctor` read it.\n"


def files(path: Path | None, course: Course, levels: Sequence[str] = ()) -> dict[str, str]:
    """Relative path to text: `course.toml` and own questions; nothing where the assignment is handed out as it is."""
    if path is None and not levels:
        return {}
    file = read_course_file(path) if path else CourseFile()
    own = {f"{OWN}/{folder.name}/{page.name}": page for folder in course.tests for page in pages(folder)}
    keys = msgspec.to_builtins(file, builtin_types=(date, datetime))
    table = {key: value for key, value in keys.items() if key not in PRIVATE}
    table |= {"levels": list(levels)} if levels else {}
    table |= {"add": [f"{OWN}/{folder.name}" for folder in course.tests]} if course.tests else {}
    texts = {name: page.read_text(encoding="utf-8-sig") for name, page in own.items()}
    return {"course.toml": HEAD + toml(table)} | texts


def pages(folder: Path) -> list[Path]:
    """A folder's question pages, contract and checks."""
    return sorted([*folder.glob("*.toml"), *folder.glob("*.py")])


def toml(table: Mapping[str, Any], path: str = "") -> str:
    """TOML of plain values and tables in tables."""
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    lines = [f"{name(key)} = {written(value)}" for key, value in table.items() if key not in tables]
    head = [f"\n[{path}]"] if path and lines else []
    inner = [toml(value, f"{path}.{name(key)}".lstrip(".")) for key, value in tables.items()]
    return "".join([*(f"{line}\n" for line in head + lines), *inner])


def name(key: str) -> str:
    """A key, quoted where TOML wants it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def written(value: Any) -> str:
    """One value; JSON's strings, numbers and lists of them are TOML's too."""
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
