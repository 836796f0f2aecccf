"""The worked example of an own question, in a course that asks little else: right work passes, a known mistake does
not, for a student's pytest and for the instructor's `evidence grade`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from grading.assignment import load_course
from grading.cli import app
from grading.report.data import Report

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "docs" / "own_question"
SHORT = """
title = "Regression week"
levels = ["D", "C"]
without = ["1.2.4", "1.2.5"]
add = ["bayesian_linear_regression"]
[points]
"5.1.1" = 3
"""
SOLUTION = """
import numpy as np

def elbo(X, y, alpha, beta, mean, variance):
    N, D = X.shape
    residual = ((y - X @ mean) ** 2).sum() + {trace}
    fit = 0.5 * N * np.log(beta / (2 * np.pi)) - 0.5 * beta * residual
    prior = 0.5 * D * np.log(alpha / (2 * np.pi)) - 0.5 * alpha * (mean**2 + variance).sum()
    return fit + prior + 0.5 * np.log(2 * np.pi * np.e * variance).sum()
"""


RIGHT, WRONG = "(X**2 @ variance).sum()", "0.0"


@pytest.fixture(params=["as documented", "with fewer questions"])
def course(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The example's course, and one that leaves questions out on which others build."""
    if request.param == "as documented":
        return EXAMPLE / "course.toml"
    shutil.copytree(EXAMPLE / "bayesian_linear_regression", tmp_path / "bayesian_linear_regression")
    (tmp_path / "course.toml").write_text(SHORT)
    return tmp_path / "course.toml"


def hand_in(folder: Path, trace: str) -> Path:
    """A solution; without the trace of X diag(variance) X' it is wrong."""
    (folder / "implementations").mkdir(parents=True)
    (folder / "implementations" / "blr.py").write_text(SOLUTION.format(trace=trace))
    return folder


@pytest.mark.parametrize(("trace", "code"), [(RIGHT, 0), (WRONG, 1)])
def test_the_added_question_is_checked(tmp_path: Path, course: Path, trace: str, code: int) -> None:
    """By pytest, as a student runs it."""
    work = hand_in(tmp_path / "work", trace)
    command = [sys.executable, "-m", "pytest", "-q", "--course", str(course), "--question", "5.1.1"]
    done = subprocess.run([*command, "--submission", str(work)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("2 of 2 public checks passed" if code == 0 else "5.1.1   0 of 2") in done.stdout


@pytest.mark.parametrize("course", ["with fewer questions"], indirect=True)
def test_the_added_question_is_graded(tmp_path: Path, course: Path) -> None:
    """By `evidence grade`, in the sandbox; the wrong one's checks fail, and none breaks."""
    for name, trace in (("right", RIGHT), ("wrong", WRONG)):
        hand_in(tmp_path / "class" / name, trace)
    words = ["--experiments", "never", "--questions", "5.1.1", "--workers", "1", "--course", str(course)]
    done = CliRunner().invoke(app, ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "out"), *words])
    assert done.exit_code == 0, done.output
    again = CliRunner().invoke(
        app, ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--questions", "1.1.2"]
    )
    assert f"was graded by {course}; now, without --course" in again.output
    CliRunner().invoke(app, ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "out"), *words])
    for name, points in (("right", 3), ("wrong", 0)):
        page = tmp_path / "out" / "submissions" / name / "report.json"
        found = msgspec.json.decode(page.read_bytes(), type=Report)
        question = next(each for each in found.questions if each.number == "5.1.1")
        assert (question.points, question.pending) == (points, 0), question.checks


def test_a_question_that_is_left_out_holds_nothing_back(tmp_path: Path) -> None:
    """Needs of questions that are not asked are dropped; a need of what does not exist is still an error."""
    path = tmp_path / "course.toml"
    path.write_text('without = ["1.2.4"]')
    needs = [need for q in load_course(path).questions for check in q.checks for need in (*check.needs, *check.uses)]
    assert needs and not [need for need in needs if need.startswith(("1.2.4", "normal_gamma.score"))]
