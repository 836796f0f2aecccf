"""From a grade and its outcomes to a report: every number is computed before it is rounded, and nothing after."""

from __future__ import annotations

from datetime import datetime

import msgspec

from grading.assignment import Course
from grading.assignment.policy import Policy
from grading.entries import LATE
from grading.feedback import terminal
from grading.grade import Grade, Graded, GradedQuestion, Level
from grading.gradebook import HandedIn
from grading.regrade import Asked
from grading.report.data import (
    VERSION,
    CheckReport,
    GivenMark,
    HandInReport,
    LevelReport,
    QuestionReport,
    RegradeReport,
    Report,
    rounded,
)


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
        needed=rounded(level.needed),
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
