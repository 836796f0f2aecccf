"""From outcomes and marks to points, questions and levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grading.assignment import Check, Course, Question
from grading.gradebook import Mark
from grading.outcome import Outcome, State

REACHED = 0.6
"""A level is reached with this share of its points, once the levels before it are."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Graded:
    """One check with its outcome, its points, and the mark that a person gave it, if any."""

    check: Check
    identifier: str
    outcome: Outcome
    maximum: float
    mark: Mark | None = None

    @property
    def earned(self) -> float:
        """Points: by hand where a person decided, else all or nothing."""
        if self.mark is not None:
            return min(max(self.mark.points, 0.0), self.maximum)
        return self.maximum if self.outcome.state is State.PASSED else 0.0

    @property
    def pending(self) -> float:
        """Points that are neither earned nor lost yet."""
        return self.maximum if self.mark is None and self.outcome.state.pending else 0.0


class Sum:
    """Points of several parts."""

    parts: tuple[Graded, ...] | tuple[GradedQuestion, ...]

    @property
    def earned(self) -> float:
        """Points earned."""
        return sum(part.earned for part in self.parts)

    @property
    def pending(self) -> float:
        """Points that are neither earned nor lost yet."""
        return sum(part.pending for part in self.parts)


@dataclass(frozen=True)
class GradedQuestion(Sum):
    """One question; its maximum is the catalogue's, whatever was run."""

    question: Question
    parts: tuple[Graded, ...]

    @property
    def maximum(self) -> float:
        """Points of the question."""
        return self.question.points

    @property
    def state(self) -> str:
        """A word for the whole question; points that are lost show before points that are open."""
        if not self.parts:
            return "not built"
        if any(part.outcome.state is State.BROKEN and part.mark is None for part in self.parts):
            return "the grader broke"
        if self.earned >= self.maximum - ROUNDING:
            return "full marks"
        if self.earned + self.pending >= self.maximum - ROUNDING:
            return "needs a human"
        if all(part.outcome.state is State.NOT_RUN or part.pending for part in self.parts):
            return "not run"
        return "part of the points" if self.earned or self.pending else "no points"


@dataclass(frozen=True)
class Level(Sum):
    """The questions of one level."""

    name: str
    parts: tuple[GradedQuestion, ...]
    reached: bool
    open: bool
    """Not reached yet, but it would be if all pending points were earned."""

    @property
    def maximum(self) -> float:
        """Points of the level."""
        return sum(part.maximum for part in self.parts)


@dataclass(frozen=True)
class Grade(Sum):
    """A submission's whole result."""

    parts: tuple[GradedQuestion, ...]
    levels: tuple[Level, ...]
    maximum: float

    @property
    def letter(self) -> str:
        """The highest level reached, `-` for none."""
        return next((level.name for level in reversed(self.levels) if level.reached), "-")

    @property
    def checks(self) -> Iterable[Graded]:
        """Every check of every question."""
        return (part for question in self.parts for part in question.parts)


def grade(course: Course, outcomes: Mapping[str, Outcome], marks: Iterable[Mark]) -> Grade:
    """Points from one outcome for every check and the marks of one submission; of several marks the latest counts."""
    latest = {mark.check: mark for mark in marks}
    questions = tuple(
        GradedQuestion(question, tuple(graded(question, check, outcomes, latest) for check in question.checks))
        for question in course.questions
    )
    return Grade(questions, levels(course, questions), course.points)


def graded(question: Question, check: Check, outcomes: Mapping[str, Outcome], marks: Mapping[str, Mark]) -> Graded:
    """One check of one question."""
    name = question.identifier(check)
    return Graded(check, name, outcomes[name], question.points_of(check), marks.get(name))


def levels(course: Course, questions: tuple[GradedQuestion, ...]) -> tuple[Level, ...]:
    """Levels from the lowest up: each wants its share of points and all levels before it."""
    found: list[Level] = []
    reached = possible = True
    for name in course.levels:
        parts = tuple(each for each in questions if each.question.level == name)
        needed = REACHED * sum(part.maximum for part in parts) - ROUNDING
        earned = sum(part.earned for part in parts)
        reached = reached and earned >= needed
        possible = possible and earned + sum(part.pending for part in parts) >= needed
        found.append(Level(name, parts, reached, possible and not reached))
    return tuple(found)
