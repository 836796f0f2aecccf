"""A terminal obeys nothing that a submission wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from grading.gradebook import Gradebook, HandedIn
from grading.printable import printable
from grading.run import NAME
from grading.sandbox import available
from grading.verdict.outcome import Outcome, State

ESCAPES = "\x1b]0;all correct\x07\x1b[2K\rpassed \x9b31m\u202edessap"
RAISES = f"""
def fisher_information(alpha, beta, parameterization="scale"):
    raise ValueError({ESCAPES!r})
"""


def test_codes_are_shown_and_text_stays() -> None:
    """Escape, bell, carriage return, the one-byte CSI and a turn of direction; not é, tab or a line's end."""
    assert printable(ESCAPES) == r"\x1b]0;all correct\x07\x1b[2K\rpassed \x9b31m\u202edessap"
    assert printable("Gödel\t∇ log q\r\nnext\n") == "Gödel\t∇ log q\nnext\n"


def test_an_outcome_and_a_name_hold_none() -> None:
    """However they are made, also when they come back from the gradebook."""
    outcome = Outcome(check="c", state=State.ERROR, message=ESCAPES, traceback=ESCAPES, evidence={"found": ESCAPES})
    texts = (outcome.message, outcome.traceback, outcome.evidence["found"], HandedIn(ESCAPES, "c", "f").submission)
    assert not any(set(str(text)) & set("\x1b\x07\r\x9b\u202e") for text in texts)


@pytest.mark.skipif(available() is not None, reason=f"needs the sandbox: {available()}")
def test_a_hostile_exception_and_name_do_not_reach_the_console(tmp_path: Path) -> None:
    """Graded by the program itself: neither what it prints nor the gradebook holds an escape."""
    work = tmp_path / "class" / "eve\x1b]0;A\x07\r"
    (work / "implementations").mkdir(parents=True)
    (work / "implementations" / "gamma.py").write_text(RAISES)
    command = ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--questions", "2.2.16"]
    program = [sys.executable, "-m", "grading", *command, "--workers", "1", "--experiments", "never"]
    done = subprocess.run(program, capture_output=True, timeout=300, check=True)
    assert not set(done.stdout + done.stderr) & set(b"\x1b\x07\x9b")
    book = Gradebook(tmp_path / "out" / NAME)
    messages = [outcome.message for _, outcome in book.every()]
    assert any(r"\x1b]0;all correct" in message for message in messages)
    assert book.handed_in()[0].submission.startswith("eve")
    console = Console(record=True, force_terminal=True)
    console.print(*messages, book.handed_in()[0].submission, markup=False, highlight=False)
    assert "\x1b]0;" not in console.export_text(styles=True) and "\r" not in console.export_text()
