"""`evidence mark`: read the answers that a human marks, one after another."""

from __future__ import annotations

import getpass
import logging
import os
import secrets
import socket
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grading.assignment import load_course
from grading.cli.mistakes import Mistake
from grading.marking import Desk, TableError, make_app, read_table, write_table
from grading.report.write import put
from grading.run import NAME, Run
from grading.verdict.answers import sections


def mark(
    out: Annotated[Path, typer.Argument(help="The folder that `evidence grade` wrote, with gradebook.sqlite.")],
    marker: Annotated[str, typer.Option("--as", help="Your name, kept with every mark.")] = getpass.getuser(),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    write: Annotated[Path | None, typer.Option("--write", help="Write a CSV of all answers instead.")] = None,
    read: Annotated[Path | None, typer.Option("--read", help="Take marks from a CSV instead.")] = None,
    course: Annotated[Path | None, typer.Option(help="Another course.toml than the run's own.")] = None,
) -> None:
    """Open a small page on this machine that shows one answer after another, with its rubric and its evidence.

    Names are hidden; every mark is saved at once. With --write and --read the same goes through a spreadsheet.
    """
    if not (out / NAME).exists():
        raise Mistake(f"{out} has no {NAME}; run `evidence grade` first and give its --out folder")
    if not marker.strip():
        raise Mistake("--as: a mark needs the name of who gives it")
    if write is not None and read is not None:
        raise Mistake("--write and --read: give one of them; what is read would be marked after it was written")
    run = Run.reopen(out)
    run = replace(run, course=load_course(course)) if course else run
    refuse_lost(run)
    desk = Desk(run.gradebook, run.course, sections, lambda content: run.standing(content).outcomes)
    console = Console(highlight=False)
    if write is not None:
        put(write, write_table(desk, marker).encode("utf-8-sig"))  # spreadsheets want the byte-order mark
        said = f"answers written to {write}; fill in points and why, then: evidence mark {out} --read {write}"
        console.print(said, soft_wrap=True)
    elif read is not None:
        count = taken(desk, read, marker)
        console.print(f"{count} mark{'s' if count != 1 else ''} saved; {shown(run)}", soft_wrap=True)
    else:
        serve(desk, marker, port, console, run)


def refuse_lost(run: Run) -> None:
    """Raises Mistake where the copies of what was handed in are gone: their answers would look empty."""
    lost = [entry for entry in run.gradebook.handed_in() if not Path(entry.folder).is_dir()]
    if lost:
        raise Mistake(
            f"{lost[0].folder}: not there, and so for {len(lost)} of the submissions; restore the folder, or run"
            " `evidence grade` on the submissions again: it takes them in, and runs only what is not known"
        )


def taken(desk: Desk, path: Path, marker: str) -> int:
    """How many marks a CSV has given.  Raises Mistake where it cannot be taken."""
    try:
        return read_table(desk, path.read_text(encoding="utf-8-sig"), marker)
    except UnicodeDecodeError as error:
        raise Mistake(f"{path}: {error}; save it as UTF-8") from None
    except TableError as error:
        raise Mistake(f"{path}: {error}") from None


def listening(port: int) -> socket.socket:
    """A socket for the page.  Raises Mistake where the port is taken."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise Mistake(f"--port {port}: {os.strerror(error.errno or 0)}; give another one, or 0") from None


def serve(desk: Desk, marker: str, port: int, console: Console, run: Run) -> None:
    """Serve the page until Ctrl-C, at which the server returns; every mark is saved by then."""
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    token = secrets.token_urlsafe(24)
    with listening(port) as channel:
        server = make_server("127.0.0.1", port, make_app(desk, marker, token, run), threaded=True, fd=channel.fileno())
    console.print(f"open http://127.0.0.1:{server.port}/?token={token}\n(opens once; Ctrl-C ends)", soft_wrap=True)
    server.serve_forever()
    console.print(f"\nevery mark is saved; {shown(run)}", soft_wrap=True)


def shown(run: Run) -> str:
    """How marks get into the reports."""
    return f"they stand in the reports after: evidence report {run.gradebook.path.parent}"
