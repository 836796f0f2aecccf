"""`course.toml`: change the course without forking it.

title = "Advanced Machine Learning, autumn 2026"
levels = ["D", "C"]                    # which levels are asked; all where absent
without = ["2.1.12"]                   # questions left out
add = ["bayesian_linear_regression"]   # folders with own question pages and test_*.py files
points_step = 0.25                     # points of a check are a multiple of this

[points]
"1.2.4" = 8

[text."1.2.4"]
title = "The Normal-Gamma model"

[deadlines]
D = 2026-12-04T23:59:00

[late]
per_day = 0.1
at_most_days = 3

[handed_in]                            # or handed_in = "times.csv"; likewise extensions and regrades
lovelaceada_4711 = 2026-12-05T01:10:00
noetheremmy_4713 = { D = 2026-12-04T20:00:00, C = 2026-12-08T09:30:00 }

[extensions]
hopper_4712 = 2026-12-11T23:59:00

[[regrades]]
student = "hopper_4712"
question = "2.2.16"
text = "My matrix is in rate, as the text above it says."
date = 2026-12-20

[tolerance]
experiments = 1.5                      # acceptance bands of training runs, as a multiple of the recorded ones

[limits]
epoch_minutes = 90                     # the longest that an epoch of a training may take
submission_hours = 12                  # the longest that a submission may compute, trainings included
"""

from __future__ import annotations

import os
import re
from datetime import date, datetime
from pathlib import Path

import msgspec

from grading.assignment.catalogue import PAGES, read_page, validated
from grading.assignment.course import TITLE, CatalogueError, Course
from grading.assignment.limits import TimeLimits
from grading.assignment.policy import EVERY, Late, Policy, Request, Times
from grading.assignment.question import Points, Question, Step
from grading.assignment.tables import read_requests, read_times


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Own wording of a question."""

    title: str = ""
    statement: str = ""


class Tolerance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How wide acceptance is."""

    experiments: float = 1.0


class CourseFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The keys of `course.toml`."""

    title: str = ""
    levels: list[str] = []
    without: list[str] = []
    add: list[str] = []
    points: dict[str, Points] = {}
    points_step: Step | None = None
    level: dict[str, str] = {}
    text: dict[str, Text] = {}
    deadlines: dict[str, datetime] = {}
    late: Late | None = None
    handed_in: dict[str, datetime | dict[str, datetime]] | str = {}
    extensions: dict[str, datetime | dict[str, datetime]] | str = {}
    regrades: list[Request] | str = []
    """These three may be the name of a CSV beside the file."""
    regrade_until: date | None = None
    tolerance: Tolerance = Tolerance()
    limits: TimeLimits = TimeLimits()


def load_course(path: Path | None) -> Course:
    """The course of a `course.toml`; the assignment as it is where the path is None.

    Raises:
        CatalogueError: names the file, the line and the key that cannot be used, and what would.
    """
    pages = [read_page(page) for page in sorted(PAGES.glob("*.toml"))]
    if path is None:
        return validated(PAGES, Course(tuple(pages)))
    file = read_course_file(path)
    folders = [own_folder(path, name) for name in file.add]
    pages += [own_page(page) for folder in folders for page in sorted(folder.glob("*.toml"))]
    refuse_unknown(path, file, pages)
    every = validated(path, Course(tuple(reworded(page, file) for page in pages)))
    chosen = tuple(
        page
        for page in every.questions
        if page.number not in file.without and (not file.levels or page.level in file.levels)
    )
    left_out = [page for page in every.questions if page not in chosen]
    course = Course(
        tuple(independent(page, left_out) for page in chosen),
        file.title or TITLE,
        policy_of(path, file, chosen),
        tuple(folders),
        file.tolerance.experiments,
        frozenset(page.number for page in left_out),
        file.limits,
    )
    return validated(path, course)


def independent(question: Question, left_out: list[Question]) -> Question:
    """The question without its needs of questions that are not asked: nothing can wait for them."""
    numbers = {page.number for page in left_out}
    functions = {name for page in left_out for name in page.functions}
    checks = [
        msgspec.structs.replace(
            check,
            needs=[need for need in check.needs if need.partition("/")[0] not in numbers],
            uses=[name for name in check.uses if name not in functions],
        )
        for check in question.checks
    ]
    return msgspec.structs.replace(question, checks=checks)


def policy_of(path: Path, file: CourseFile, questions: tuple[Question, ...]) -> Policy:
    """Deadlines, hand-in times and regrade requests.

    Raises:
        CatalogueError: a CSV cannot be read, only some times have a zone, or a request is about no question or check.
    """
    handed_in = times_of(path, "handed_in", file.handed_in, questions)
    extensions = times_of(path, "extensions", file.extensions, questions)
    requests = read_requests(path.parent / file.regrades) if isinstance(file.regrades, str) else file.regrades
    each = (time for times in (handed_in, extensions) for own in times.values() for time in own.values())
    times = [*file.deadlines.values(), *each]
    if len({time.tzinfo is None for time in times}) > 1:
        raise CatalogueError(f"{path}: some times have a time zone and others have none; give all of them one, or none")
    known = {(q.number, name) for q in questions for name in ("", *(check.name for check in q.checks))}
    for request in requests:
        if (request.question, request.check) not in known:
            what = f"{request.question}/{request.check}".strip("/")
            raise CatalogueError(f"{path}: regrades: {request.student} asks about {what}, which does not exist")
    return Policy(
        deadlines=file.deadlines,
        late=file.late,
        handed_in=handed_in,
        extensions=extensions,
        regrade_until=file.regrade_until,
        requests=tuple(requests),
    )


def times_of(
    path: Path, key: str, given: dict[str, datetime | dict[str, datetime]] | str, questions: tuple[Question, ...]
) -> Times:
    """Times from a table or a CSV; a student has one, or one for each level.

    Raises:
        CatalogueError: the CSV cannot be read, or a level does not exist.
    """
    if isinstance(given, str):
        times = read_times(path.parent / given)
    else:
        times = {name: own if isinstance(own, dict) else {EVERY: own} for name, own in given.items()}
    levels = {EVERY, *(question.level for question in questions)}
    for student, own in times.items():
        if unknown := own.keys() - levels:
            known = ", ".join(sorted(levels - {EVERY}, reverse=True))
            raise CatalogueError(f"{path}: {key}: {student}: there is no level {min(unknown)}; there are {known}")
    return times


def read_course_file(path: Path) -> CourseFile:
    """Decode the file.  Raises CatalogueError with line and key."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path}: {error}; save it as UTF-8") from None
    try:
        return msgspec.toml.decode(text, type=CourseFile)
    except (ValueError, RecursionError) as error:
        key = key_of(str(error))
        raise CatalogueError(f"{path}{line_of(text, key)}: {error}") from None


def key_of(message: str) -> str:
    """The key that a decoding error speaks of: an unknown field, or the last step of its path."""
    unknown = re.search(r"unknown field `([^`]+)`", message)
    steps = re.findall(r"\.([A-Za-z_]\w*)", message.rpartition("at `$")[2])
    return unknown[1] if unknown else steps[-1] if steps else ""


def line_of(text: str, key: str) -> str:
    """`, line 7`: where a key, table or quoted number is first written; empty where it is not found."""
    pattern = re.compile(rf'^\s*(\[.*)?"?{re.escape(key)}"?[\s\]=]', re.MULTILINE)
    found = pattern.search(text) if key else None
    return f", line {text.count(chr(10), 0, found.end()) + (text[found.end() - 1] != chr(10))}" if found else ""


def own_folder(path: Path, name: str) -> Path:
    """A folder of own questions, beside the course file."""
    folder = Path(os.path.abspath(path.parent / name))
    if not os.path.isdir(folder) or not any(folder.glob("*.toml")):
        text = path.read_text(encoding="utf-8-sig")
        raise CatalogueError(f"{path}{line_of(text, 'add')}: add: {folder} holds no question page (*.toml)")
    return folder


def own_page(path: Path) -> Question:
    """A page of an own question.  Raises CatalogueError also where it has goals: only the assignment has contexts."""
    page = read_page(path)
    if page.goals:
        raise CatalogueError(f'{path}: goals: no context says what their letters mean; use a check of kind = "prose"')
    return page


def refuse_unknown(path: Path, file: CourseFile, pages: list[Question]) -> None:
    """Raises CatalogueError where the file speaks of a question or level that does not exist."""
    text = path.read_text(encoding="utf-8-sig")
    numbers, levels = {page.number for page in pages}, {page.level for page in pages} | set(file.level.values())
    for key, named in (("without", file.without), ("points", file.points), ("level", file.level), ("text", file.text)):
        for number in named:
            if number not in numbers:
                raise CatalogueError(f"{path}{line_of(text, number)}: {key}: there is no question {number}")
    for key, wanted in (("levels", file.levels), ("deadlines", list(file.deadlines))):
        for level in wanted:
            if level not in levels:
                known = ", ".join(sorted(levels, reverse=True))
                raise CatalogueError(f"{path}{line_of(text, key)}: {key}: there is no level {level}; there are {known}")


def reworded(page: Question, file: CourseFile) -> Question:
    """A question with the course's own points, level and text."""
    text = file.text.get(page.number, Text())
    return msgspec.structs.replace(
        page,
        points=file.points.get(page.number, page.points),
        step=file.points_step or page.step,
        level=file.level.get(page.number, page.level),
        title=text.title or page.title,
        statement=text.statement or page.statement,
    )
