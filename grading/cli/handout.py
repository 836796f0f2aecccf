"""`evidence handout`: write what students receive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grading.assignment import load_course
from grading.cli.lists import listed
from grading.handout import write


def handout(
    folder: Annotated[Path, typer.Argument(help="A new folder to write into.")],
    levels: Annotated[str, typer.Option(help="Only these levels: D,C")] = "",
    notebooks: Annotated[bool, typer.Option("--notebooks", help="Stubs as notebooks instead of modules.")] = False,
    course: Annotated[Path | None, typer.Option(help="A course.toml with changed points, texts, questions.")] = None,
) -> None:
    """Write the handout: questions, stubs, a file for answers, and the checks as a wheel that students install.

    Nothing of the reference solution is in it.
    """
    chosen = listed(levels)
    console = Console(highlight=False)
    with console.status("building the wheel of checks"):
        files = write(folder, load_course(course), path=course, levels=chosen, notebooks=notebooks)
    console.print(f"{len(files)} files in {folder}; students begin with {folder / 'README.md'}", soft_wrap=True)
