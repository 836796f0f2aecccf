"""`evidence doctor`: what the grader will see, before handing in."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer
from rich.console import Console

from grading.assignment import load_course
from grading.cli.mistakes import Mistake
from grading.doctor import Examination, Finding, Weight, examine
from grading.intake.take import inner, is_submission
from grading.submission import InProcess, Submission
from grading.submission.folder import Layout

SIGNS = {Weight.FOUND: "ok     ", Weight.NOTICE: "note   ", Weight.MISSING: "missing"}


def doctor(
    folder: Annotated[Path, typer.Argument(help="Your work: the folder with submission.toml.")] = Path("."),
    course: Annotated[Path | None, typer.Option(help="The course's course.toml, where it has one.")] = None,
) -> None:
    """Say what the grader will see in your work: each function and where it was found, each answer, each equation that
    cannot be read, and everything that is missing.  No check is run."""
    asked = load_course(course)
    refuse_elsewhere(folder)
    submission = Submission(InProcess(folder))
    show(Console(highlight=False), examine(submission, asked, Layout.read(folder).entry_points))


def refuse_elsewhere(folder: Path) -> None:
    """Raises Mistake for a folder around the work, which would be called empty."""
    if folder.is_dir() and not is_submission(folder):
        nearer = inner(folder.resolve())
        there = f"; {os.path.relpath(nearer)} is one" if is_submission(nearer) else ""
        raise Mistake(f"{folder}: no submission; give the folder that holds answers.md and implementations/{there}")


def show(console: Console, seen: Examination) -> None:
    """Two lists and a last line."""
    for title, findings in (("Functions", seen.functions), ("Answers", seen.answers)):
        console.print(f"\n[bold]{title}[/]")
        for finding in together(findings):
            console.print(line(finding, console), soft_wrap=True, markup=False)
    n = seen.missing
    console.print(f"\n{n} thing{'s are' if n != 1 else ' is'} missing." if n else "\nNothing is missing.")


def together(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings of one file that say the same, as one."""
    groups: dict[tuple[Weight, str, str], list[str]] = defaultdict(list)
    for each in findings:
        groups[each.weight, each.where, each.words].append(each.what)
    for (weight, where, words), names in groups.items():
        yield Finding(weight, ", ".join(names), where, words)


def line(finding: Finding, console: Console) -> str:
    """`ok      gamma.log_partition  (implementations/gamma.py)`, indented where a terminal is too narrow for it."""
    where = f"  ({finding.where})" if finding.where else ""
    words = f": {finding.words}" if finding.words else ""
    text = f"  {SIGNS[finding.weight]} {finding.what}{where}{words}"
    return fill(text, console.width, subsequent_indent=10 * " ") if console.is_terminal else text
