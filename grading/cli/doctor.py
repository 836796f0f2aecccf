"""`evidence doctor`: what the grader will see, before handing in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grading.assignment import load_course
from grading.doctor import Examination, Finding, Weight, examine
from grading.submission import InProcess, Submission
from grading.submission.folder import Layout

SIGNS = {Weight.FOUND: "ok     ", Weight.NOTICE: "note   ", Weight.MISSING: "missing"}


def doctor(
    folder: Annotated[Path, typer.Argument(help="Your work: the folder with submission.toml.")] = Path("."),
    course: Annotated[Path | None, typer.Option(help="The course's course.toml, where it has one.")] = None,
) -> None:
    """Say what the grader will see in your work: each function and where it was found, each answer, each equation that
    cannot be read, and everything that is missing.  No check is run."""
    submission = Submission(InProcess(folder))
    show(Console(highlight=False), examine(submission, load_course(course), Layout.read(folder).entry_points))


def show(console: Console, seen: Examination) -> None:
    """Two lists and a last line."""
    for title, findings in (("Functions", seen.functions), ("Answers", seen.answers)):
        console.print(f"\n[bold]{title}[/]")
        for finding in findings:
            console.print(line(finding), soft_wrap=True, markup=False)
    n = seen.missing
    console.print(f"\n{n} thing{'s are' if n != 1 else ' is'} missing." if n else "\nNothing is missing.")


def line(finding: Finding) -> str:
    """`ok      gamma.log_partition  (implementations/gamma.py)`."""
    where = f"  ({finding.where})" if finding.where else ""
    words = f": {finding.words}" if finding.words else ""
    return f"  {SIGNS[finding.weight]} {finding.what}{where}{words}"
