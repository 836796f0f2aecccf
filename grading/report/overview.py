"""The class at a glance: distribution, hardest questions, commonest mistakes, what needs a human, `grades.csv`."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from grading.gradebook.content import NOTHING
from grading.gradebook.standing import NO_PROFILE, NO_TEST, NOT_RUN
from grading.report import lateness
from grading.report.data import CheckReport, QuestionReport, Report
from grading.report.page import render
from grading.spreadsheet import safe
from grading.verdict.outcome import State

BINS = 10
UNRUN = (NOT_RUN, NO_PROFILE, NO_TEST)
LEAST = 1e-2
"""Points below this are rounding."""


@dataclass(frozen=True)
class Bin:
    """One column of the histogram of points."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Hardness:
    """How a question went for the class."""

    number: str
    title: str
    level: str
    share: float
    """Share that the class earned of the points that are decided."""
    decided: int
    """Submissions of which at least part of it is decided."""
    short: int
    """Of these, how many lost points."""


@dataclass(frozen=True)
class Unrun:
    """Checks that nobody has run, for one reason; they count as lost until they are."""

    reason: str
    questions: list[str]
    checks: int
    """Over all submissions."""


@dataclass(frozen=True)
class Shared:
    """A named mistake and who made it."""

    mistake: str
    question: str
    submissions: list[str]


@dataclass(frozen=True)
class LateWork:
    """Who was late, and of whom it is not known."""

    rule: str
    late: list[str]
    unknown: list[str]
    marked: list[str]
    """Of these, whom the learning platform marks late."""


def html(reports: Sequence[Report], links: dict[str, str], nobody: list[str]) -> str:
    """`index.html` of the class; `nobody` are names in the course file under which nothing was handed in."""
    return render(
        "overview.html",
        "overview.js",
        reports=reports,
        links=links,
        bins=histogram(reports),
        questions=hardest(reports),
        mistakes=commonest(reports),
        human=waiting_for(reports, State.NEEDS_HUMAN),
        broken=waiting_for(reports, State.BROKEN),
        letters=letters(reports),
        twins=twins(reports),
        late_work=late_work(reports),
        requests=[(one, each) for one in reports for each in one.regrades],
        nobody=nobody,
        unrun=unrun(reports),
        nothing=[one for one in reports if one.content == NOTHING],
        unprotected=sum("process" in one.isolation for one in reports),
        median=median([one.points for one in reports]),
    )


def histogram(reports: Sequence[Report]) -> list[Bin]:
    """Points in ten equal columns; the last one includes full marks."""
    maximum = max((one.maximum for one in reports), default=0.0) or 1.0
    counts = [0] * BINS
    for one in reports:
        counts[min(int(BINS * one.points / maximum), BINS - 1)] += 1
    return [Bin(maximum * i / BINS, maximum * (i + 1) / BINS, count) for i, count in enumerate(counts)]


def hardest(reports: Sequence[Report]) -> list[Hardness]:
    """Questions by the share of their points that the class earned, hardest first."""
    rows = [hardness(list(answers)) for answers in zip(*(one.questions for one in reports), strict=True)]
    return sorted(rows, key=lambda row: (row.share, -row.decided))


def hardness(answers: list[QuestionReport]) -> Hardness:
    """One question over all submissions; points that are still open, or of checks that nobody ran, do not count."""
    known = [(each.points, each.maximum - each.pending - not_run(each)) for each in answers]
    decided = [(points, maximum) for points, maximum in known if maximum > LEAST]
    whole = sum(maximum for _, maximum in decided)
    share = sum(points for points, _ in decided) / whole if whole else float("inf")
    short = sum(points < maximum - LEAST for points, maximum in decided)
    first = answers[0]
    return Hardness(first.number, first.title, first.level, share, len(decided), short)


def not_run(question: QuestionReport) -> float:
    """Points of a question's checks that nobody has run."""
    return sum(check.maximum for check in question.checks if is_unrun(check))


def is_unrun(check: CheckReport) -> bool:
    """Is a check without an outcome because of the run, not of the submission?"""
    return check.mark is None and check.outcome is State.NOT_RUN and check.message in UNRUN


def unrun(reports: Sequence[Report]) -> list[Unrun]:
    """What has not been run, by reason."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in reports:
        for check in filter(is_unrun, one.checks()):
            found[check.message].append(check.id.partition("/")[0])
    return [Unrun(reason, list(dict.fromkeys(numbers)), len(numbers)) for reason, numbers in found.items()]


def commonest(reports: Sequence[Report]) -> list[Shared]:
    """Recognised mistakes with the submissions that share them, commonest first."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in reports:
        for check in one.mistakes():
            found[check.mistake, check.id.partition("/")[0]].append(one.submission)
    rows = [Shared(mistake, question, names) for (mistake, question), names in found.items()]
    return sorted(rows, key=lambda row: (-len(row.submissions), row.question, row.mistake))


def waiting_for(reports: Sequence[Report], state: State) -> list[tuple[CheckReport, list[str]]]:
    """Checks in a pending state without a mark, with the submissions concerned."""
    found: dict[str, tuple[CheckReport, list[str]]] = {}
    for one in reports:
        for check in one.checks():
            if check.outcome is state and check.mark is None:
                found.setdefault(check.id, (check, []))[1].append(one.submission)
    return list(found.values())


def letters(reports: Sequence[Report]) -> list[tuple[str, int]]:
    """How many reached each level at most, from the highest down."""
    names = [level.name for level in reports[0].levels][::-1] if reports else []
    return [(name, sum(one.grade == name for one in reports)) for name in [*names, "-"]]


def twins(reports: Sequence[Report]) -> list[list[str]]:
    """Groups of submissions with the same content."""
    groups = {tuple(sorted([one.submission, *one.same_as])) for one in reports if one.same_as}
    return [list(group) for group in sorted(groups)]


def late_work(reports: Sequence[Report]) -> LateWork:
    """What late work costs, and whom."""
    unknown = [one for one in reports if any(level.deadline and not level.handed_in for level in one.levels)]
    return LateWork(
        rule=next((one.handed_in.rule for one in reports), ""),
        late=[one.submission for one in reports if one.days_late],
        unknown=[one.submission for one in unknown],
        marked=[one.submission for one in unknown if one.handed_in.platform_says_late],
    )


def median(values: list[float]) -> float:
    """The middle value; the mean of the two middle ones where there are two."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if not ordered:
        return 0.0
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def table(reports: Sequence[Report]) -> str:
    """`grades.csv`: one row a submission, one column a question."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    numbers = [question.number for question in reports[0].questions] if reports else []
    totals = ["submission", "grade", "points", "pending", "maximum"]
    writer.writerow([*totals, *numbers, *lateness.COLUMNS, "seconds", "same_as", "content"])
    for one in reports:
        points = [f"{question.points:g}" for question in one.questions]
        totals = [f"{one.points:g}", f"{one.pending:g}", f"{one.maximum:g}"]
        names = [safe(one.submission), one.grade, *totals, *points, *lateness.cells(one)]
        writer.writerow([*names, f"{one.seconds:g}", safe(" ".join(one.same_as)), one.content])
    return out.getvalue()
