"""`evidence check`: which steps of a written derivation hold."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from derivations.annotate import render_html
from derivations.check import check_document
from derivations.context import Context
from derivations.contexts import ContextError, names_at, read_page
from derivations.reader import ReadError
from derivations.report import DocumentReport, to_json
from derivations.strangers import ASKS
from grading.assignment import load
from grading.cli.mistakes import Mistake
from grading.report.write import put

COLOURS = {
    **{"proved": "green", "supported": "green", "refuted": "red", "undecided": "yellow", "unread": "yellow"},
    **{"reached": "green", "not found": "red"},
}


def check(
    file: Annotated[Path, typer.Argument(help="Markdown with displayed equations ($$ ... $$).")],
    question: Annotated[str | None, typer.Option(help="Only the equations under this question's heading.")] = None,
    context: Annotated[Path | None, typer.Option(help="A TOML page that says what the names mean.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the annotated document here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Check every displayed equation of a document, step by step.

    Where a step uses a name that nothing defines, the names that its question knows are listed below the table.
    The exit code is 0 whatever the verdicts, and 2 where the file cannot be read.
    """
    report = checked(file, question, context)
    if html is not None:
        put(html, render_html(report, file.name).encode())
    if as_json:
        print(json.dumps(to_json(report), indent=1))
    else:
        show(Console(highlight=False), report)
        if context is None:
            show_names(Console(highlight=False), report)


def checked(file: Path, question: str | None, context: Path | None) -> DocumentReport:
    """The report on a file.  Raises Mistake for a file, context or document that cannot be read."""
    page = None if context is None else page_of(context)
    try:
        report = check_document(file.read_text(encoding="utf-8-sig"), question, page, goals=load().goals())
    except UnicodeDecodeError as error:
        raise Mistake(f"{file}: {error}; save it as UTF-8") from None
    except (ReadError, ContextError) as error:
        raise Mistake(f"{file}: {error}") from None
    if question is not None and not report.parts:
        raise Mistake(f"--question {question}: nothing stands under a heading with this number in {file}")
    return report


def page_of(path: Path) -> Context:
    """The context that a TOML page states.  Raises Mistake."""
    try:
        return read_page(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise Mistake(f"{path}: {error}") from None


def show(console: Console, report: DocumentReport) -> None:
    """A table with a row for each step, and one with a row for each goal of the questions."""
    table = Table("question", "line", "tag", "step", "verdict", "evidence", box=None, pad_edge=False)
    for question, line, tag, step, verdict, evidence in report.table():
        table.add_row(question, line, tag, step, coloured(verdict), escape(evidence))
    console.print(table)
    goals = Table("question", "asked for", "state", "where", box=None, pad_edge=False)
    for found in report.goals:
        goals.add_row(found.question, escape(found.goal.says), coloured(found.state), escape(found.words))
    if report.goals:
        console.print("", goals)


def show_names(console: Console, report: DocumentReport) -> None:
    """What each name means at a question where a step uses one that nothing defines."""
    asking = {e.question for e in report.equations for step in e.steps if step.evidence.startswith(ASKS)}
    for question in sorted(filter(names_at, asking), key=str):
        names = Table(f"names at {question}", "", box=None, pad_edge=False)
        for latex, meaning in names_at(question).items():
            names.add_row(escape(latex), escape(meaning))
        console.print("", names)


def coloured(verdict: str) -> str:
    """A verdict or a goal's state in its colour."""
    return f"[{COLOURS.get(verdict, 'default')}]{verdict}[/]"
