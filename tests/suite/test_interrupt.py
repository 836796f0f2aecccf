"""Ctrl-C half way: one line that says what to do, no traceback, no process left; the second run finishes the first."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grading.cluster.pool import tree
from grading.gradebook import Gradebook
from grading.run import NAME
from grading.sandbox import available
from tests.suite.at_a_terminal import HEARD, PROGRAM
from tests.suite.classroom import generate
from tests.suite.test_gradebook import STATION, rows

SYNTHETIC = f"""
{HEARD}
import sys
from functools import partial
from grading.cli import grade, main
from grading.cluster.pool import Pool
sys.modules["grading.cli.grade"].Pool = partial(Pool, program={STATION!r})
main()
"""
"""The program, with stations that need 20 ms for a check."""


def start(program: str, folder: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """`evidence grade`, in a process group of its own as under a shell."""
    command = [sys.executable, "-c", program, "grade", str(folder), "--out", str(out), "--experiments", "never"]
    environment = os.environ | {"SYNTHETIC_SECONDS": "0.02", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def recorded(out: Path) -> int:
    """Outcomes in the gradebook by now."""
    try:
        with sqlite3.connect(f"file:{out / NAME}?mode=ro", uri=True) as book:
            return int(book.execute("SELECT COUNT(*) FROM outcome").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def interrupted(process: subprocess.Popen[str], out: Path, after: int) -> str:
    """SIGINT to the group after so many outcomes; what was printed.  Every process of the run is gone."""
    deadline = time.monotonic() + 120
    while recorded(out) < after and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    started = tree(process.pid)
    assert len(started) > 1 and process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    _, alive = psutil.wait_procs(started, timeout=10)
    assert process.returncode == 130 and not alive
    return printed


def check_words(printed: str, out: Path) -> None:
    """Nothing is lost, the command, and no traceback."""
    assert "Nothing that ended is lost" in printed and f"--out {out}" in printed
    assert "Traceback" not in printed and "KeyboardInterrupt" not in printed


def test_the_second_run_equals_an_undisturbed_one(tmp_path: Path) -> None:
    """Stopped after a third of the outcomes; the same command ends in the same rows."""
    generate(tmp_path / "class", count=2)
    for extra in sorted((tmp_path / "class").iterdir())[3:]:
        extra.rename(tmp_path / extra.name)
    out = tmp_path / "stopped"
    check_words(interrupted(start(SYNTHETIC, tmp_path / "class", out, "--workers", "2"), out, 60), out)
    before = rows(out)
    assert before
    for where in (out, tmp_path / "calm"):
        process = start(SYNTHETIC, tmp_path / "class", where, "--workers", "2")
        printed, _ = process.communicate(timeout=120)
        assert process.returncode == 0, printed
    assert rows(out) == rows(tmp_path / "calm")
    assert before.items() <= rows(out).items() and len(before) < len(rows(out))


@pytest.mark.skipif(available() is not None, reason=f"needs the sandbox: {available()}")
def test_sandboxed_processes_end_too(tmp_path: Path) -> None:
    """Stations, fork servers and the processes of the submission."""
    generate(tmp_path / "class", count=1)
    for extra in sorted((tmp_path / "class").iterdir())[1:]:
        extra.rename(tmp_path / extra.name)
    out = tmp_path / "out"
    options = ("--workers", "1", "--questions", "2.2.14,2.2.17,2.2.18,3.1.20,3.1.25,4.2.27")
    check_words(interrupted(start(PROGRAM, tmp_path / "class", out, *options), out, 2), out)
    assert Gradebook(out / NAME).rows("PRAGMA integrity_check") == [("ok",)]
