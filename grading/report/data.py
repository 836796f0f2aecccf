"""One submission's report as plain data.  `report.json` is this, and every page and export is made from it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from grading import feedback
from grading.assignment import Course
from grading.grade import Grade, Graded, GradedQuestion, Level
from grading.gradebook import HandedIn
from grading.outcome import Plot, State

VERSION = 1


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
    pending: float
    maximum: float


class Report(msgspec.Struct, frozen=True):
    """One submission."""

    version: int
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
    pending: float
    maximum: float
    seconds: float
    levels: list[LevelReport]
    questions: list[QuestionReport]

    def checks(self) -> list[CheckReport]:
        """Every check of every question."""
        return [check for question in self.questions for check in question.checks]


class Circumstances(msgspec.Struct, frozen=True):
    """How the outcomes came about."""

    seed: int
    profile: str
    prerequisites: str
    isolation: list[str]


def report(course: Course, entry: HandedIn, same_as: list[str], grade: Grade, how: Circumstances) -> Report:
    """Everything that is known of one submission."""
    questions = [question_report(question) for question in grade.parts]
    return Report(
        version=VERSION,
        submission=entry.submission,
        content=entry.content,
        same_as=same_as,
        notices=entry.notices,
        seed=how.seed,
        profile=how.profile,
        prerequisites=how.prerequisites,
        isolation=how.isolation,
        grade=grade.letter,
        points=rounded(grade.earned),
        pending=rounded(grade.pending),
        maximum=rounded(grade.maximum),
        seconds=round(sum(graded.outcome.seconds for graded in grade.checks), 2),
        levels=[level_report(level) for level in grade.levels],
        questions=questions,
    )


def level_report(level: Level) -> LevelReport:
    """One level."""
    points, pending, maximum = rounded(level.earned), rounded(level.pending), rounded(level.maximum)
    return LevelReport(level.name, level.reached, level.open, points, pending, maximum)


def question_report(graded: GradedQuestion) -> QuestionReport:
    """One question."""
    question = graded.question
    return QuestionReport(
        number=question.number,
        level=question.level,
        title=question.title,
        statement=question.statement.strip(),
        state=graded.state,
        points=rounded(graded.earned),
        pending=rounded(graded.pending),
        maximum=rounded(graded.maximum),
        checks=[check_report(graded, part) for part in graded.parts],
    )


def check_report(question: GradedQuestion, graded: Graded) -> CheckReport:
    """One check."""
    check, outcome, mark = graded.check, graded.outcome, graded.mark
    return CheckReport(
        id=graded.identifier,
        claim=check.claim,
        kind=str(check.kind),
        outcome=outcome.state,
        points=rounded(graded.earned),
        pending=rounded(graded.pending),
        maximum=rounded(graded.maximum),
        message=outcome.message,
        feedback=feedback.text(question.question, check, outcome),
        counterexample=outcome.counterexample,
        evidence=outcome.evidence,
        mistake=outcome.mistake,
        waits_for=outcome.waits_for,
        read=check.read,
        seconds=round(outcome.seconds, 3),
        rubric=check.rubric,
        plots=outcome.plots,
        mark=GivenMark(mark.points, mark.who, mark.why, mark.at) if mark else None,
    )


def rounded(points: float) -> float:
    """Points to a thousandth; sums are made before they are rounded."""
    return round(points, 3) + 0.0


def schema() -> bytes:
    """The JSON Schema of `report.json`; the published copy is `schema.json`."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Report)), indent=2) + b"\n"


def publish() -> None:
    """Write `schema.json`."""
    (Path(__file__).parent / "schema.json").write_bytes(schema())
