"""From outcomes and marks to points, questions and levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from grading.assignment import Check, Course, Question
from grading.assignment.policy import Lateness
from grading.gradebook import Mark
from grading.verdict.outcome import Outcome, State

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

    parts: tuple[Graded, ...] | tuple[GradedQuestion, ...] | tuple[Level, ...]

    @property
    def factor(self) -> float:
        """Share of the points that late work keeps."""
        return 1.0

    @property
    def earned(self) -> float:
        """Points that count."""
        return self.factor * sum(part.earned for part in self.parts)

    @property
    def pending(self) -> float:
        """Points that are neither earned nor lost yet."""
        return self.factor * sum(part.pending for part in self.parts)


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
    lateness: Lateness

    @property
    def factor(self) -> float:
        """Its own: each level has its own deadline."""
        return self.lateness.factor

    @property
    def before(self) -> float:
        """Points without anything taken off for being late."""
        return sum(part.earned for part in self.parts)

    @property
    def needed(self) -> float:
        """Points with which the level is reached, once the levels before it are."""
        return REACHED * self.maximum

    @property
    def maximum(self) -> float:
        """Points of the level."""
        return sum(part.maximum for part in self.parts)


@dataclass(frozen=True)
class Grade(Sum):
    """A submission's whole result."""

    questions: tuple[GradedQuestion, ...]
    parts: tuple[Level, ...]
    maximum: float

    @property
    def before(self) -> float:
        """Points without anything taken off for being late."""
        return sum(level.before for level in self.parts)

    @property
    def letter(self) -> str:
        """The highest level reached, `-` for none."""
        return next((level.name for level in reversed(self.parts) if level.reached), "-")

    @property
    def checks(self) -> Iterable[Graded]:
        """Every check of every question."""
        return (part for question in self.questions for part in question.parts)


def grade(course: Course, outcomes: Mapping[str, Outcome], marks: Iterable[Mark], student: str = "") -> Grade:
    """Points from one outcome for every check and the marks of one submission; of several marks the latest counts.

    What late work loses is taken off each level, since each has its own deadline; checks and questions stay as they
    are."""
    latest = {mark.check: mark for mark in marks}
    questions = tuple(
        GradedQuestion(question, tuple(graded(question, check, outcomes, latest) for check in question.checks))
        for question in course.questions
    )
    return Grade(questions, levels(course, questions, student), course.points)


def graded(question: Question, check: Check, outcomes: Mapping[str, Outcome], marks: Mapping[str, Mark]) -> Graded:
    """One check of one question."""
    name = question.identifier(check)
    return Graded(check, name, outcomes[name], question.points_of(check), marks.get(name))


def levels(course: Course, questions: tuple[GradedQuestion, ...], student: str) -> tuple[Level, ...]:
    """Levels from the lowest up: each wants its share of points and all levels before it."""
    found: list[Level] = []
    reached = possible = True
    for name in course.levels:
        parts = tuple(each for each in questions if each.question.level == name)
        level = Level(name, parts, False, False, course.policy.lateness(name, student))
        needed = level.needed - ROUNDING
        reached = reached and level.earned >= needed
        possible = possible and level.earned + level.pending >= needed
        found.append(replace(level, reached=reached, open=possible and not reached))
    return tuple(found)
