"""The program `evidence`: one small file for each command.

A user's mistake ends in one line that names it and the remedy, exit code 2, no traceback.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer
from rich.console import Console
from rich.markup import escape

from grading.cli.check import check
from grading.cli.doctor import doctor
from grading.cli.estimate import estimate_run
from grading.cli.export import export
from grading.cli.grade import grade
from grading.cli.handout import handout
from grading.cli.mark import mark
from grading.cli.mistakes import MISTAKES, in_words
from grading.cli.report import report
from grading.printable import printable

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback()
def evidence() -> None:
    """Evidence verifies an assignment on variational inference: derivations, implementations, experiments."""


for command in (grade, check, doctor, mark, report, export, handout):
    app.command()(command)


app.command("estimate")(estimate_run)


def main() -> None:
    """Run a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a letter that the terminal does not have is shown by its code
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except MISTAKES as mistake:
        said = escape(printable(in_words(mistake)))
        Console(stderr=True, soft_wrap=True).print(f"[bold red]evidence:[/] {said}", highlight=False)
        sys.exit(2)
