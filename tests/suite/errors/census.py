"""Where messages for users are made: every `raise` of the source, read from it and sorted by what is raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.suite.errors.classes import ELSEWHERE, TOLD

PROJECT = Path(__file__).parent.parent.parent.parent
ROOMS = ("grading", "derivations")
OTHERS = ("grading/assignment/stubs", "grading/examples", "derivations/topics", "derivations/notebooks")
"""Handed out, handed in or read as mathematics; not part of any command."""
MAKERS = {"at", "_error", "error", "placed", "refusal", "_unexpected", "_located"}
"""Functions of the readers that make a ReadError and know the place in the text."""


@dataclass(frozen=True)
class Place:
    """One `raise` with a text of its own."""

    file: str
    first: int
    last: int
    raised: str
    """The class, or the function that makes it."""
    source: str
    """The statement on one line."""

    def __str__(self) -> str:
        return f"{self.file}:{self.first}: {self.source}"


@cache
def places() -> tuple[Place, ...]:
    """Every place of both rooms, in the order of the files."""
    files = (path for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py")))
    names = (path.relative_to(PROJECT) for path in files)
    return tuple(each for name in names if not str(name).startswith(OTHERS) for each in places_of(name))


def places_of(name: Path) -> Iterator[Place]:
    """The places of one file."""
    tree = ast.parse((PROJECT / name).read_text(encoding="utf-8"))
    for node in (each for each in ast.walk(tree) if isinstance(each, ast.Raise)):
        for made in made_by(node):
            yield Place(str(name), node.lineno, node.end_lineno or node.lineno, called(made), ast.unparse(node))


def made_by(node: ast.Raise) -> Iterator[ast.Call]:
    """The calls that make what a statement raises; none where it raises again what was caught or kept."""
    choices = [node.exc.body, node.exc.orelse] if isinstance(node.exc, ast.IfExp) else [node.exc]
    yield from (each for each in choices if isinstance(each, ast.Call))


def called(call: ast.Call) -> str:
    """The last part of the name that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def told() -> tuple[Place, ...]:
    """The places whose message a command shows."""
    names = {each.__name__ for each in TOLD} | MAKERS
    return tuple(place for place in places() if place.raised in names)


def unsorted() -> list[Place]:
    """Places that raise what is neither told nor listed as part of something else."""
    names = {each.__name__ for each in TOLD} | MAKERS | set(ELSEWHERE)
    return [place for place in places() if place.raised not in names]
