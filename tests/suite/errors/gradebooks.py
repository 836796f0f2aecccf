"""Output folders as `evidence grade` leaves them, without a check that was run, and what can happen to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from grading.entries import entries
from grading.gradebook import Conditions
from grading.run import NAME, Run, Settings
from grading.sandbox import Isolation
from grading.sandbox.scratch import remove

FILE = Path("out") / NAME


def begun(course: str = "") -> Run:
    """A gradebook in which nothing has been handed in."""
    return Run.begin(Path("out"), Settings(Conditions(), Isolation.PROCESS, course))


def handed_in(course: str = "") -> None:
    """A gradebook with one submission, `work`."""
    Path("work").mkdir()
    Path("work/answers.md").write_text("## 1.1.2\n\nA wider family is tighter.\n")
    run = begun(course)
    run.gradebook.hand_in(entries(Path("work"), Path("out/handed-in")))
    run.gradebook.close()


def after(*statements: str) -> Callable[[], None]:
    """A gradebook in which somebody has done this."""

    def make() -> None:
        handed_in()
        with closing(sqlite3.connect(FILE)) as book:
            for statement in statements:
                book.execute(statement)
            book.commit()

    return make


def lost() -> None:
    """An output folder from which somebody has removed what was handed in."""
    handed_in()
    remove(Path("out/handed-in"))


def overwritten() -> None:
    """A gradebook on a disk that lost all but its first page."""
    handed_in()
    FILE.write_bytes(FILE.read_bytes()[:4096].ljust(2**16, b"\x55"))


@contextmanager
def locked() -> Iterator[None]:
    """Another program writes to the gradebook, and does not end."""
    with closing(sqlite3.connect(FILE)) as other, patch("grading.gradebook.book.PATIENCE", 0.1):
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def opened(pragma: str) -> Iterator[None]:
    """Every connection may do less: write nothing, or no further page."""
    connect = sqlite3.connect

    def narrowed(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.execute(pragma)
        return connection

    with patch("sqlite3.connect", narrowed):
        yield
