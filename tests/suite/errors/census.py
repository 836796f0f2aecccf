"""Where messages for users are made, read from the source: every `raise`, and every call that notes what is wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.suite.errors.classes import BUILT_IN, ELSEWHERE, TOLD

PROJECT = Path(__file__).parent.parent.parent.parent
ROOMS = ("grading", "derivations")
OTHERS = ("grading/assignment/stubs", "grading/examples", "derivations/topics", "derivations/notebooks")
"""Handed out, handed in or read as mathematics; not part of any command."""
MAKERS = {"at", "_error", "error", "placed", "refusal", "_unexpected", "_located"}
"""Functions of the readers that make a ReadError and know the place in the text."""
NOTES, FAULTS = {"leave_out", "Finding"}, {"faults.append"}
"""Calls that note something wrong, and go on: with a function of ours, which can be heard, or in a list."""
SHOWN = {each.__name__ for each in TOLD} | MAKERS


@dataclass(frozen=True)
class Place:
    """One `raise` with a text of its own, or one call that notes what is wrong."""

    file: str
    first: int
    last: int
    makes: str
    """The class, or the function that makes the message."""
    source: str
    """The statement on one line."""
    words: str
    """The longest part of the message that is always the same."""

    def __str__(self) -> str:
        return f"{self.file}:{self.first}: {self.source}"


@cache
def raised() -> tuple[Place, ...]:
    """Every `raise` of both rooms that makes what it raises, in the order of the files."""
    return tuple(
        place_of(name, node, made) for name, node in nodes() if isinstance(node, ast.Raise) for made in made_by(node)
    )


@cache
def noted() -> tuple[Place, ...]:
    """Every call that notes something wrong, and says so to the user; derivations have findings of another kind."""
    return tuple(place for place in calls_of(NOTES) if "Weight.FOUND" not in place.source)


@cache
def listed() -> tuple[Place, ...]:
    """Every fault that is put in a list, with words of its own."""
    return tuple(place for place in calls_of(FAULTS) if place.words)


def calls_of(names: set[str]) -> Iterator[Place]:
    """The calls of these in what commands are made of."""
    calls = ((name, node) for name, node in nodes() if isinstance(node, ast.Call) and name.startswith("grading/"))
    yield from (place_of(name, node, node) for name, node in calls if called(node) in names)


def told() -> list[Place]:
    """The places that raise a message which a command shows."""
    return [place for place in raised() if place.makes in SHOWN]


def unsorted() -> list[Place]:
    """Places that raise what is neither told nor named as part of something else."""
    rest = [place for place in raised() if place.makes not in SHOWN | set(ELSEWHERE)]
    return [place for place in rest if (place.file, place.makes) not in BUILT_IN]


def outlived() -> set[str | tuple[str, str]]:
    """What is sorted, and raised no more."""
    names, places = {place.makes for place in raised()}, {(place.file, place.makes) for place in raised()}
    return {*SHOWN, *ELSEWHERE} - names | set(BUILT_IN) - places


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Everything in the files of both rooms."""
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            name = str(path.relative_to(PROJECT))
            if not name.startswith(OTHERS):
                yield from ((name, node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def made_by(node: ast.Raise) -> Iterator[ast.Call]:
    """The calls that make what a statement raises; none where it raises again what was caught or kept."""
    choices = [node.exc.body, node.exc.orelse] if isinstance(node.exc, ast.IfExp) else [node.exc]
    yield from (each for each in choices if isinstance(each, ast.Call))


def place_of(file: str, node: ast.Raise | ast.Call, made: ast.Call) -> Place:
    """What is known of a place."""
    words = max((" ".join(part.split()) for each in made.args for part in texts(each)), key=len, default="")
    return Place(file, node.lineno, node.end_lineno or node.lineno, called(made), ast.unparse(node), words)


def texts(node: ast.AST) -> Iterator[str]:
    """What is always the same in a text; what further calls make of it is not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, ast.Call | ast.Subscript):
        yield from (text for child in ast.iter_child_nodes(node) for text in texts(child))


def called(call: ast.Call) -> str:
    """The last part of the name that is called, or both where the first is that of a list."""
    name = ast.unparse(call.func)
    return name if name in FAULTS else name.rpartition(".")[2] if isinstance(call.func, ast.Attribute) else name
