"""One submission's report as plain data.  `report.json` is this, and every page and export is made from it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grading.regrade import Reply
from grading.verdict.outcome import Plot, State

VERSION = 3


class GivenMark(msgspec.Struct, frozen=True):
    """Points given by hand."""

    points: float
    who: str
    why: str
    at: str


class CheckReport(msgspec.Struct, frozen=True):
    """One check."""

    id: str
    claim: str
    kind: str
    outcome: State
    points: float
    pending: float
    maximum: float
    message: str
    """What happened, in a sentence or two."""
    traceback: str
    """The submission's own frames where it raised; the grader's where that broke, which no page shows."""
    feedback: str
    """The same as a student reads it in the terminal: asked, found, example, where to read."""
    counterexample: str
    evidence: dict[str, float | str | list[float]]
    mistake: str
    """Name of the mistake, where it was recognised."""
    waits_for: str
    read: str
    seconds: float
    rubric: list[str]
    plots: list[Plot]
    mark: GivenMark | None


class QuestionReport(msgspec.Struct, frozen=True):
    """One question; its maximum never depends on what was run."""

    number: str
    level: str
    title: str
    statement: str
    state: str
    points: float
    pending: float
    maximum: float
    checks: list[CheckReport]


class LevelReport(msgspec.Struct, frozen=True):
    """One level."""

    name: str
    reached: bool
    open: bool
    """Not reached, but pending points may still decide."""
    points: float
    """What counts: `before` times `factor`."""
    pending: float
    needed: float
    """Points with which it is reached, once the levels before it are."""
    maximum: float
    before: float
    """Points without anything taken off for being late."""
    handed_in: str
    """ISO 8601; empty where it is not known."""
    deadline: str
    """ISO 8601, with the student's extension; empty where the level has none."""
    days_late: int
    factor: float


class HandInReport(msgspec.Struct, frozen=True):
    """When the work came, and what late work costs."""

    at: str
    """ISO 8601, as the instructor gave it, of the level that came last; empty where no time is known."""
    extension: str
    """The student's own deadline, the last where levels have different ones; empty where there is none."""
    rule: str
    """In words; empty where late work costs nothing."""
    platform_says_late: bool


class RegradeReport(msgspec.Struct, frozen=True):
    """A regrade request and its answer."""

    question: str
    check: str
    text: str
    date: str
    in_time: bool
    answer: Reply | None


class Report(msgspec.Struct, frozen=True):
    """One submission."""

    version: int
    course: str
    """Title of the course."""
    submission: str
    content: str
    """SHA-256 of what was handed in."""
    same_as: list[str]
    """Submissions with the same content."""
    notices: list[str]
    """What was noticed when the submission was taken in."""
    seed: int
    profile: str
    prerequisites: str
    isolation: list[str]
    grade: str
    """The highest level reached, `-` for none."""
    points: float
    """The sum of the levels' points; questions and checks show theirs before anything is taken off for being late."""
    before: float
    pending: float
    maximum: float
    seconds: float
    handed_in: HandInReport
    regrades: list[RegradeReport]
    levels: list[LevelReport]
    questions: list[QuestionReport]

    @property
    def lost_late(self) -> float:
        """Points taken off for being late."""
        return rounded(self.before - self.points)

    @property
    def days_late(self) -> int:
        """Days begun after the deadline of the level that is latest."""
        return max((level.days_late for level in self.levels), default=0)

    def factor(self, question: QuestionReport) -> float:
        """Share of a question's points that late work keeps."""
        return next(level.factor for level in self.levels if level.name == question.level)

    def checks(self) -> list[CheckReport]:
        """Every check of every question."""
        return [check for question in self.questions for check in question.checks]

    def mistakes(self) -> list[CheckReport]:
        """The checks in which a mistake was recognised; the first of those of one question that say the same."""
        first: dict[tuple[str, str], CheckReport] = {}
        for question in self.questions:
            for check in question.checks:
                if check.mistake:
                    first.setdefault((question.number, check.mistake), check)
        return list(first.values())


def rounded(points: float) -> float:
    """Points to a thousandth; sums are made before they are rounded."""
    return round(points, 3) + 0.0


def schema() -> bytes:
    """The JSON Schema of `report.json`; the published copy is `schema.json`."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Report)), indent=2) + b"\n"


def publish() -> None:
    """Write `schema.json`."""
    (Path(__file__).parent / "schema.json").write_bytes(schema())
