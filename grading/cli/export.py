"""`evidence export`: grades in the forms that other systems take."""

from __future__ import annotations

import csv
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from grading.assignment import load_course
from grading.cli.lists import listed
from grading.cli.mistakes import Mistake
from grading.exports import canvas, github, gradescope, junit, moodle, tables
from grading.exports.project import NotASource, project_files
from grading.gradebook import Experiments
from grading.handout.course import files as course_files
from grading.report.data import Report
from grading.report.write import file_name, put, reports_of
from grading.run import Run
from grading.sandbox import Isolation


class Format(StrEnum):
    """Whom the grades are for."""

    GRADESCOPE = "gradescope"
    CANVAS = "canvas"
    MOODLE = "moodle"
    GITHUB = "github"
    JUNIT = "junit"
    CSV = "csv"
    JSON = "json"


NAMES = {
    Format.CANVAS: "canvas.csv",
    Format.MOODLE: "moodle.csv",
    Format.JUNIT: "junit.xml",
    Format.CSV: "checks.csv",
    Format.JSON: "reports.json",
}
"""File in OUT, where --to does not say otherwise."""


def export(
    format: Annotated[Format, typer.Argument(help="Whom the grades are for.")],
    out: Annotated[Path, typer.Argument(help="The --out folder of `evidence grade`; for gradescope also a new .zip.")],
    to: Annotated[Path | None, typer.Option(help="File to write; for one file a submission, a folder.")] = None,
    title: Annotated[str, typer.Option(help="Title of the column: 'Project 1 (123456)' in Canvas.")] = "Evidence",
    worksheet: Annotated[Path | None, typer.Option(help="moodle: the grading worksheet, to be filled in.")] = None,
    experiments: Annotated[Experiments, typer.Option(help="gradescope zip: which are trained.")] = Experiments.NEVER,
    seed: Annotated[int, typer.Option(min=0, help="gradescope zip: seed of all random inputs.")] = 0,
    questions: Annotated[str, typer.Option(help="gradescope zip: only these questions.")] = "",
    isolation: Annotated[Isolation, typer.Option(help="gradescope zip: sandbox or process.")] = Isolation.SANDBOX,
    course: Annotated[Path | None, typer.Option(help="gradescope zip: a course.toml.")] = None,
) -> None:
    """Write grades for another system, from the gradebook as it is now, marks by hand included.

    `evidence export gradescope autograder.zip` builds the zip that Gradescope runs on each upload instead.
    """
    console = Console(highlight=False, soft_wrap=True)
    if format is Format.GRADESCOPE and out.suffix == ".zip":
        put(out, autograder(course, str(experiments), seed, str(isolation), questions))
        console.print(out)
        return
    reports = [report for _, report in reports_of(Run.reopen(out))]
    if not reports:
        raise Mistake(f"{out}: nothing has been handed in; run `evidence grade` first")
    if worksheet is not None and format is not Format.MOODLE:
        raise Mistake(f"--worksheet: a thing of Moodle; {format} has none")
    if worksheet is not None:
        put(to or out / "worksheet.csv", filled(worksheet, reports, console))
        console.print(to or out / "worksheet.csv")
        return
    for path, content in files(format, reports, out, to, title).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, content)
        console.print(path)


def filled(worksheet: Path, reports: list[Report], console: Console) -> bytes:
    """Moodle's worksheet with the grades.  Raises Mistake."""
    try:
        text, strangers = moodle.fill(worksheet.read_text(encoding="utf-8-sig"), reports)
    except (ValueError, csv.Error) as error:
        raise Mistake(f"{worksheet}: {error}") from None
    if strangers:
        console.print(f"{worksheet} has no row for {', '.join(strangers)}")
    return text.encode("utf-8-sig")


def autograder(course: Path | None, experiments: str, seed: int, isolation: str, questions: str) -> bytes:
    """The autograder zip.  Raises Mistake where the project's source is not at hand, CatalogueError for the course."""
    asked = load_course(course)
    asked.select(listed(questions))  # refuses what the course does not ask
    try:
        found = project_files()
    except NotASource as error:
        raise Mistake(str(error)) from None
    changed = course_files(course, asked)
    return gradescope.autograder(
        found, changed, experiments=experiments, seed=seed, isolation=isolation, questions=questions
    )


def files(format: Format, reports: list[Report], out: Path, to: Path | None, title: str) -> dict[Path, bytes]:
    """What to write where.  Raises Mistake for a title that Canvas would drop."""
    if format is Format.GRADESCOPE:
        return each(reports, to or out / "gradescope", gradescope.write_results)
    if format is Format.GITHUB:
        return each(reports, to or out / "github", lambda one: msgspec.json.encode(github.result(one)))
    return {to or out / NAMES[format]: whole(format, reports, title)}


def each(reports: list[Report], to: Path, content) -> dict[Path, bytes]:  # type: ignore[no-untyped-def]
    """One file a submission; a single submission may go into a single file."""
    if len(reports) == 1 and to.suffix == ".json":
        return {to: content(reports[0])}
    return {to / f"{file_name(one.submission)}.json": content(one) for one in reports}


def whole(format: Format, reports: list[Report], title: str) -> bytes:
    """One file for the class."""
    try:
        match format:
            case Format.CANVAS:
                return canvas.write(reports, title).encode()
            case Format.MOODLE:
                return moodle.write(reports, title).encode("utf-8-sig")
            case Format.JUNIT:
                return junit.write(reports)
            case Format.CSV:
                return tables.write_csv(reports).encode()
    except canvas.TitleError as error:
        raise Mistake(str(error)) from None
    return tables.write_json(reports)
