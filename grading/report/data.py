"""One submission's report as plain data.  `report.json` is this, and every page and export is made from it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from grading.assignment import Course
from grading.assignment.policy import Policy
from grading.entries import LATE
from grading.feedback import terminal
from grading.grade import Grade, Graded, GradedQuestion, Level
from grading.gradebook import HandedIn
from grading.regrade import Asked, Reply
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


class Circumstances(msgspec.Struct, frozen=True):
    """How the outcomes came about."""

    seed: int
    profile: str
    prerequisites: str
    isolation: list[str]


def report(
    course: Course, entry: HandedIn, same_as: list[str], grade: Grade, how: Circumstances, regrades: list[Asked]
) -> Report:
    """Everything that is known of one submission."""
    questions = [question_report(question, how.seed) for question in grade.questions]
    return Report(
        version=VERSION,
        course=course.title,
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
        before=rounded(grade.before),
        pending=rounded(grade.pending),
        maximum=rounded(grade.maximum),
        handed_in=hand_in_report(course.policy, entry),
        regrades=[regrade_report(course.policy, each) for each in regrades],
        seconds=round(sum(graded.outcome.seconds for graded in grade.checks), 2),
        levels=[level_report(level) for level in grade.parts],
        questions=questions,
    )


def hand_in_report(policy: Policy, entry: HandedIn) -> HandInReport:
    """What is known of when the work came."""
    return HandInReport(
        at=last(policy.handed_in.get(entry.submission, {})),
        extension=last(policy.extensions.get(entry.submission, {})),
        rule=str(policy.late) if policy.late and policy.deadlines else "",
        platform_says_late=LATE in entry.notices,
    )


def regrade_report(policy: Policy, asked: Asked) -> RegradeReport:
    """One request."""
    request = asked.request
    in_time = policy.regrade_until is None or request.date <= policy.regrade_until
    return RegradeReport(request.question, request.check, request.text, request.date.isoformat(), in_time, asked.reply)


def level_report(level: Level) -> LevelReport:
    """One level."""
    late = level.lateness
    return LevelReport(
        name=level.name,
        reached=level.reached,
        open=level.open,
        points=rounded(level.earned),
        pending=rounded(level.pending),
        maximum=rounded(level.maximum),
        before=rounded(level.before),
        handed_in=iso(late.handed_in),
        deadline=iso(late.deadline),
        days_late=late.days,
        factor=rounded(late.factor),
    )


def last(times: dict[str, datetime]) -> str:
    """The latest of some times, or nothing."""
    return iso(max(times.values(), default=None))


def iso(time: datetime | None) -> str:
    """`2026-12-04T23:59:00`, or nothing."""
    return time.isoformat() if time else ""


def question_report(graded: GradedQuestion, seed: int) -> QuestionReport:
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
        checks=[check_report(graded, part, seed) for part in graded.parts],
    )


def check_report(question: GradedQuestion, graded: Graded, seed: int) -> CheckReport:
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
        traceback=outcome.traceback,
        feedback=terminal.text(question.question, check, outcome, seed=seed),
        counterexample=outcome.counterexample,
        evidence=outcome.evidence,
        mistake=outcome.mistake,
        waits_for=outcome.waits_for,
        read=terminal.reading(question.question, check),
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
