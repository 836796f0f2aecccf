"""Real students' work goes through as it is: only submission.toml says where things are.

    notebook_with_experiments   one notebook: magics, shell, missing data, a training of 10^9 epochs at top level
    plots_and_seeds             a module that seeds torch, plots, saves a picture, shows it and prints when imported
    own_names                   other names, a class, another order of arguments, an adapter; BOM and Windows line ends
    group                       two people, one submission

Files carry a further `.txt` where Python and its tools would otherwise pick them up here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from grading.cli import app
from grading.sandbox import Isolation, available

SHAPES = Path(__file__).parent / "shapes"
NAMES = sorted(each.name for each in SHAPES.iterdir())
PEOPLE = {"Ada Lovelace", "Emmy Noether", "s1234", "Alan Turing", "Grace Hopper"}
QUESTION = "2.2.16"
ISOLATION = Isolation.PROCESS if available() else Isolation.SANDBOX


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All shapes, as students have them on their disks."""
    folder = tmp_path_factory.mktemp("shapes") / "handed in"
    shutil.copytree(SHAPES, folder)
    for page in folder.rglob("*.txt"):
        page.rename(page.with_suffix(""))
    return folder


@pytest.fixture(scope="module")
def out(work: Path) -> Path:
    """The class of all shapes, graded."""
    return grade(work, work.parent / "out")[0]


def grade(source: Path, out: Path) -> tuple[Path, str]:
    """`evidence grade`, and what it said."""
    words = ["grade", str(source), "--out", str(out), "--questions", QUESTION, "--workers", "1"]
    found = CliRunner().invoke(app, [*words, "--isolation", str(ISOLATION)])
    assert found.exit_code == 0, (found.output, found.exception)
    return out, found.output


def outcomes(out: Path) -> dict[str, dict[str, str]]:
    """The question's outcomes by submission."""
    reports = [msgspec.json.decode(page.read_bytes()) for page in out.glob("submissions/*/report.json")]
    asked = {
        report["submission"]: q["checks"] for report in reports for q in report["questions"] if q["number"] == QUESTION
    }
    return {name: {check["id"]: check["outcome"] for check in checks} for name, checks in asked.items()}


def test_the_instructor_grades_every_shape(out: Path) -> None:
    """Every check of the question passes, also in the sandbox."""
    found = outcomes(out)
    assert set(found) == PEOPLE
    assert {state for checks in found.values() for state in checks.values()} == {"passed"}


def test_a_group_is_graded_once_and_is_no_copy(out: Path) -> None:
    """Both members have a report with the same points, and neither is accused of handing in the other's work."""
    rows = [msgspec.json.decode(page.read_bytes()) for page in out.glob("submissions/*/report.json")]
    pair = [row for row in rows if row["submission"] in ("Alan Turing", "Grace Hopper")]
    assert pair[0]["content"] == pair[1]["content"] and pair[0]["points"] == pair[1]["points"] > 0
    assert all(row["same_as"] == [] for row in rows)


@pytest.mark.parametrize("shape", NAMES)
def test_the_student_sees_the_same(work: Path, shape: str, tmp_path: Path) -> None:
    """`pytest --submission DIR` passes, even where the machine has a screen on which plots would wait."""
    own = shutil.copytree(work / shape, tmp_path / shape)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--submission", str(own), "--question", QUESTION],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "TkAgg"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "public checks passed" in done.stdout


def canvas(work: Path, path: Path) -> Path:
    """A bulk download of Canvas: one zip of each student's own zip."""
    return packed(work, path, {shape: f"student{n}_47{n}_98{n}_{shape}.zip" for n, shape in enumerate(NAMES)})


def moodle(work: Path, path: Path) -> Path:
    """A bulk download of Moodle: a folder for each student, with their zip in it."""
    folders = {shape: f"Student {n}_65{n}_assignsubmission_file_/my work.zip" for n, shape in enumerate(NAMES)}
    return packed(work, path, folders)


def packed(work: Path, path: Path, members: dict[str, str]) -> Path:
    """A zip of zips; each wraps its folder, as file managers do."""
    with zipfile.ZipFile(path, "w") as bulk:
        for shape, member in members.items():
            inner = Path(shutil.make_archive(str(path.parent / shape), "zip", work, shape))
            bulk.write(inner, member)
    return path


@pytest.mark.parametrize("download", [canvas, moodle])
def test_a_bulk_download_gives_the_same_verdicts(work: Path, out: Path, download, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The contents are the same, so every outcome is known already, and the platform's names count."""
    again = shutil.copytree(out, tmp_path / "out")
    _, said = grade(download(work, tmp_path / "download.zip"), again)
    assert "nothing is left to run" in said
    entries = {name: checks for name, checks in outcomes(again).items() if name not in PEOPLE}
    assert len(entries) == len(NAMES)
    assert {state for checks in entries.values() for state in checks.values()} == {"passed"}
    pages = again.glob("submissions/*/report.json")
    notices = [line for page in pages for line in msgspec.json.decode(page.read_bytes())["notices"]]
    assert sum("a group, says submission.toml: Alan Turing, Grace Hopper" in line for line in notices) == 1
