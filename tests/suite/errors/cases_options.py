"""Every option of every command, as the program itself lists them: a path that cannot be, a value of the wrong kind."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer

from grading.cli import app
from tests.suite.errors.case import Case
from tests.suite.errors.gradebooks import handed_in

VALID: dict[str, dict[str, str]] = {
    "grade": {"folder": "work", "out": "new", "isolation": "process"},
    "check": {"file": "work/answers.md"},
    "doctor": {"folder": "work"},
    "mark": {"out": "out"},
    "report": {"out": "out"},
    "export": {"format": "canvas", "out": "out"},
    "handout": {"folder": "new"},
    "estimate": {"folder": "work"},
}
"""Something that each command would do, by the names of its parameters."""
FOR = {"course": {"format": "gradescope", "out": "a.zip"}, "worksheet": {"format": "moodle", "out": "out"}}
"""What `evidence export` has these options for."""
NOT_PATHS = {"file/below": "evidence: file", "x" * 300: "File name too long"}
"""Below a file there is nothing, and no system has names this long."""


def cases() -> Iterator[Case]:
    """For each parameter of each command what cannot be given there, all else as above."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        kinds = {key: set(get_args(kind)) or {kind} for key, kind in get_type_hints(command.callback).items()}
        for parameter in command.params:
            valid = FOR.get(parameter.name, VALID[name]) if name == "export" else VALID[name]
            for value, says in wrong(kinds.get(parameter.name, set()), parameter.opts[0]):
                typed = line(name, command.params, valid | {parameter.name: value})
                yield Case(typed, (says,), {"file": ""}, prepare=handed_in)


def wrong(kinds: set[Any], option: str) -> list[tuple[str, str]]:
    """Values that are none of these kinds, and what is said of them; nothing where any text will do."""
    if Path in kinds:
        return list(NOT_PATHS.items())
    if kinds & {int, float} or any(isinstance(kind, type) and issubclass(kind, Enum) for kind in kinds):
        return [("loud", f"Invalid value for '{option}'")]
    return []


def line(name: str, parameters: list[Any], values: dict[str, str]) -> str:
    """The command line that gives these values."""
    given = [(each.opts[0], values[each.name]) for each in parameters if each.name in values]
    words = [[option, value] if option.startswith("-") else [value] for option, value in given]
    return shlex.join(["evidence", name, *(word for each in words for word in each)])


CASES = list(cases())
