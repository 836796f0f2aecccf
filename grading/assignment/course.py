"""A course: questions in their order, the manifest of their checks, and the rules by which work counts."""

from __future__ import annotations

from pathlib import Path

import msgspec

from derivations.goals.goal import Goal
from grading.assignment.limits import TimeLimits
from grading.assignment.policy import Policy
from grading.assignment.question import Check, Kind, Question

TITLE = "Variational inference"
"""Of a course that has no other."""


class CatalogueError(Exception):
    """A question page or course file that cannot be used; the message names file, key and remedy."""


class Course(msgspec.Struct, frozen=True):
    """All questions, in order, with their manifest."""

    questions: tuple[Question, ...]
    title: str = TITLE
    policy: Policy = Policy()
    tests: tuple[Path, ...] = ()
    """Folders with the tests of a course's own questions, besides the project's."""
    experiment_tolerance: float = 1.0
    """Acceptance bands of training runs, as a multiple of the recorded ones."""
    left_out: frozenset[str] = frozenset()
    """Numbers of questions that have pages and tests, but are not asked in this course."""
    limits: TimeLimits = TimeLimits()

    @property
    def points(self) -> float:
        """The denominator of every grade."""
        return sum(question.points for question in self.questions)

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels in the order in which they are reached: D, C, B, A."""
        return tuple(dict.fromkeys(question.level for question in self.questions))

    def question(self, number: str) -> Question:
        """The question with this number; KeyError names those there are."""
        for question in self.questions:
            if question.number == number:
                return question
        raise KeyError(f"no question {number}; there are {', '.join(q.number for q in self.questions)}")

    def goals(self) -> dict[str, list[Goal]]:
        """What each question wants to see derived, by number; only questions that do."""
        return {question.number: question.goals for question in self.questions if question.goals}

    def manifest(self) -> dict[str, tuple[Question, Check]]:
        """Every check by its identifier, in the order of the questions."""
        return {q.identifier(check): (q, check) for q in self.questions for check in q.checks}

    def required(self, need: str) -> list[str]:
        """The tests that a need stands for: itself, or all tests of a question."""
        if "/" in need:
            return [need]
        question = self.question(need)
        return [question.identifier(check) for check in question.checks if check.kind is Kind.TEST]

    def before(self, check: Check) -> list[str]:
        """The tests that decide how this check is run: those it needs, and those of the functions it uses."""
        needed = [required for need in check.needs for required in self.required(need)]
        owners = (question for question in self.questions if not set(question.functions).isdisjoint(check.uses))
        return needed + [identifier for question in owners for identifier in question.code_tests]

    def run_order(self) -> list[str]:
        """The manifest's checks, each after those that decide how it is run, otherwise in the order of the questions.

        Raises:
            CatalogueError: checks need one another in a circle.
        """
        manifest, order = self.manifest(), dict[str, None]()

        def visit(identifier: str, path: tuple[str, ...]) -> None:
            """Put everything before a check in its place, then the check."""
            if identifier in path:
                raise CatalogueError(f"checks need one another: {' -> '.join((*path, identifier))}")
            if identifier not in order:
                for required in self.before(manifest[identifier][1]):
                    visit(required, (*path, identifier))
                order[identifier] = None

        for identifier in manifest:
            visit(identifier, ())
        return list(order)

    def select(self, patterns: list[str] | None) -> tuple[Question, ...]:
        """Questions whose number is, or starts with, one of the patterns (`2.2` selects 2.2.13 to 2.2.19)."""
        if not patterns:
            return self.questions
        chosen = tuple(q for q in self.questions if any(matches(q.number, pattern) for pattern in patterns))
        for pattern in patterns:
            if not any(matches(q.number, pattern) for q in self.questions):
                raise CatalogueError(
                    f"--questions {pattern}: no such question; there are {', '.join(q.number for q in self.questions)}"
                )
        return chosen


def matches(number: str, pattern: str) -> bool:
    """`2.2` and `2.2.` match `2.2.16`; `2.2.1` does not."""
    pattern = pattern.rstrip(".")
    return number == pattern or number.startswith(pattern + ".")
