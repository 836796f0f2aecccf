"""`evidence report`, `export`, `mark`: output folders, gradebooks, spreadsheets, and the marking page."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from unittest.mock import patch

from grading.assignment.policy import Request
from tests.suite.errors.case import Case
from tests.suite.errors.gradebooks import FILE, after, begun, handed_in, locked, lost, opened, overwritten

CHECK = "1.1.2/family_and_tightness"
NONE = ("no gradebook.sqlite in it; give the --out folder of `evidence grade`",)
DAMAGED = ("damaged, or written by another version of evidence", "run `evidence grade` on it again, or restore a copy")
RESTORE = ("restore a copy, or give another --out folder",)

GRADEBOOKS = [
    Case("evidence report out", ("out:", *NONE), {"out/": ""}),
    Case("evidence estimate . --measured out", ("out:", *NONE), {"out/": "", "answers.md": ""}),
    Case("evidence mark out", ("out has no gradebook.sqlite", "run `evidence grade` first"), {"out/": ""}),
    Case("evidence report out", (f"{FILE}:", "it is no gradebook: give another --out"), {str(FILE): "text " * 99}),
    Case("evidence report out", (f"{FILE}:", "it is no gradebook, or you may not open it"), {f"{FILE}/": ""}),
    Case(
        "evidence report out",
        (f"{FILE}: written by another version", "give another"),
        prepare=after("PRAGMA user_version = 7"),
    ),
    Case("evidence report out", (f"{FILE}:", *DAMAGED), prepare=after("UPDATE setting SET value = '[1]'")),
    Case("evidence report out", (f"{FILE}:", *DAMAGED), prepare=after("UPDATE handed_in SET notices = 'x'")),
    Case("evidence report out", (f"{FILE}: no such table", *RESTORE), prepare=after("DROP TABLE handed_in")),
    Case("evidence export canvas out", (f"{FILE}:", "malformed", *RESTORE), prepare=overwritten),
    Case(
        "evidence report out",
        (f"{FILE}: database is locked; another program is at it: wait until that has ended",),
        prepare=handed_in,
        machine=locked,
    ),
    Case(
        "evidence report out",
        (f"{FILE}: attempt to write a readonly database; ask for the right to write it and its folder",),
        prepare=handed_in,
        machine=partial(opened, "PRAGMA query_only = 1"),
    ),
    Case(
        "evidence grade work --out new --isolation process",
        ("gradebook.sqlite: database or disk is full; make room, and run the same command again",),
        {"work/answers.md": ""},
        machine=partial(opened, "PRAGMA max_page_count = 1"),
    ),
    Case("evidence export canvas out", ("out: nothing has been handed in; run `evidence grade` first",), prepare=begun),
    Case(
        "evidence estimate work --measured out",
        (f"{FILE}: no outcomes to measure from; run `evidence grade` first",),
        prepare=handed_in,
    ),
]

EXPORTS = [
    Case(
        "evidence export canvas out --title 'Final score'",
        ("--title 'Final score': Canvas takes this for a total and drops it; choose another title",),
        prepare=handed_in,
    ),
    Case("evidence export canvas out --to work", ("work: Is a directory; give another path",), prepare=handed_in),
    Case(
        "evidence export canvas out --worksheet w.csv",
        ("--worksheet: a thing of Moodle; canvas has none",),
        prepare=handed_in,
    ),
    Case("evidence export moodle out --worksheet w.csv", ("w.csv: No such file",), prepare=handed_in),
    Case(
        "evidence export moodle out --worksheet w.csv",
        ("w.csv: line 1: there is no column 'Identifier'; download it as Moodle's grading worksheet",),
        {"w.csv": "Name,Grade\n"},
        prepare=handed_in,
    ),
    Case("evidence export github out --to file", ("file: File exists",), {"file": ""}, prepare=handed_in),
    Case("evidence export gradescope a.zip --questions 9.9", ("--questions 9.9: no such question",)),
    Case(
        "evidence export gradescope a.zip",
        ("nowhere has no pyproject.toml: run this from a clone of the project",),
        machine=lambda: patch("grading.exports.project.PROJECT", Path("nowhere")),
    ),
]


def spreadsheet(text: str | bytes, *says: str) -> Case:
    """Marks in a CSV."""
    return Case("evidence mark out --read m.csv", ("m.csv:", *says), {"m.csv": text}, prepare=handed_in)


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Another program listens at this port."""
    with closing(socket.create_server(("127.0.0.1", port))):
        yield


MARKS = [
    spreadsheet("points\n1\n", "nothing was changed: line 1: there is no column submission"),
    spreadsheet("submission,check,points\nx,y,1\n", "nothing was changed: line 2: there is no check"),
    spreadsheet(f"submission,check,points\nx,{CHECK},1\n", "nothing was changed: line 2: there is no submission"),
    spreadsheet(f"submission,check,points\nx,{CHECK},much\n", "line 2: points 'much' is no number; write one such as"),
    spreadsheet("submission,check,points\n" + "x" * 200_000, "nothing was changed: line 2", "field limit"),
    spreadsheet(b"\xff", "can't decode byte 0xff", "save it as UTF-8"),
    Case("evidence mark out --read none.csv", ("none.csv: No such file", "check the path"), prepare=handed_in),
    Case("evidence mark out", ("handed-in/work", "not there", "restore the folder"), prepare=lost),
    Case("evidence mark out --write work", ("work: Is a directory; give another path",), prepare=handed_in),
    Case("evidence mark out --write a.csv --read b.csv", ("--write and --read: give one of them",), prepare=handed_in),
    Case("evidence mark out --as ' '", ("--as: a mark needs the name of who gives it",), prepare=handed_in),
    Case(
        "evidence mark out --port 48123",
        ("--port 48123: Address already in use; give another one, or 0",),
        prepare=handed_in,
        machine=partial(taken, 48123),
    ),
]

REQUEST = Request(student="work", question="1.1.2", text="Why?", date=date(2026, 12, 20))
REGRADES = '[[regrades]]\nstudent = "work"\nquestion = "1.1.2"\ntext = "Why?"\ndate = 2026-12-20\n'


def request(fields: str, says: str) -> Case:
    """An answer to a regrade request."""
    asked = {"course.toml": REGRADES}
    path = f"/regrades/{REQUEST.identifier}/"
    return Case(f"POST {path} {fields}", (says,), asked, 400, prepare=partial(handed_in, "course.toml"))


PAGES = [
    Case(f"POST /{CHECK}/0 points=x", ("points 'x' is no number; write one such as 1.5",), code=400, prepare=handed_in),
    Case(f"POST /{CHECK}/0 points=99", (f"99 points for {CHECK}, where 0 to",), code=400, prepare=handed_in),
    request("points=1", "say why: the student reads it"),
    request("why=w points=1 check=1.1.2/none", "there is no check 1.1.2/none"),
    request("why=w do=run check=1.1.2/none", "1.1.2/none cannot be run again: a human reads it"),
]

CASES = [*GRADEBOOKS, *EXPORTS, *MARKS, *PAGES]
