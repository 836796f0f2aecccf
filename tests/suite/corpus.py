"""Known mistakes (mutants) and correct variants of the contract's functions, and submissions made of them.

A mutant is the reference submission with one contract function replaced, at the boundary: what the checks call is
wrong, what the reference's other functions call is not. So every check that fails has itself seen the mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.submission import InProcess, Submission

ROOT = Path(__file__).parents[2]
"""The project itself is the reference submission."""

Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Mutant:
    """A plausible mistake in one contract function, in a teacher's words and in words for the student."""

    question: str
    function: str
    name: str
    message: str
    replacement: Function

    def __str__(self) -> str:
        return f"{self.question} {self.function}: {self.name}"


@dataclass(frozen=True, eq=False)
class Variant:
    """Another correct way to write one contract function; every check must pass it."""

    question: str
    function: str
    name: str
    replacement: Function

    def __str__(self) -> str:
        return f"{self.question} {self.function}: {self.name}"


@dataclass(frozen=True)
class Target:
    """A contract function and the question that asks for it, as the pages of the corpus name it."""

    question: str
    function: str
    mutants: list[Mutant]
    variants: list[Variant]

    def wrong(self, name: str, message: str, replacement: Function) -> None:
        """Add a mistake."""
        self.mutants.append(Mutant(self.question, self.function, name, message, replacement))

    def right(self, name: str, replacement: Function) -> None:
        """Add a correct variant."""
        self.variants.append(Variant(self.question, self.function, name, replacement))


MUTANTS: list[Mutant] = []
VARIANTS: list[Variant] = []


def target(question: str, function: str) -> Target:
    """The function that the next lines of a page replace."""
    return Target(question, function, MUTANTS, VARIANTS)


class Replaced(InProcess):
    """The reference submission with some of its contract functions replaced."""

    def __init__(self, replacements: dict[str, Function]) -> None:
        super().__init__(ROOT)
        self.worker.function = Replacing(self.worker.function, replacements)  # type: ignore[method-assign]


@dataclass(frozen=True)
class Replacing:
    """`Worker.function` that gives the replacements where there are any."""

    own: Function
    replacements: dict[str, Function]

    def __call__(self, name: str, message: dict[str, Any], listen: Any) -> Function:
        return self.replacements.get(name) or self.own(name, message, listen)


def submission_of(*changes: Mutant | Variant) -> Submission:
    """The reference with these functions replaced."""
    return Submission(Replaced({change.function: change.replacement for change in changes}))
