"""`evidence report`: render the reports of a run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grading.feedback.detail import Detail
from grading.report import write
from grading.run import Run


def report(
    out: Annotated[Path, typer.Argument(help="The --out folder of `evidence grade`.")],
    feedback: Annotated[Detail, typer.Option(help="How much the students' pages say of a failed check.")] = Detail.FULL,
) -> None:
    """Write all reports again from the gradebook: after marking by hand, or after a change of points.  Runs nothing."""
    Console(highlight=False, soft_wrap=True).print(write(Run.reopen(out), out, feedback))
