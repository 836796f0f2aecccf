"""Exports obey the rules of the systems they are for."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from typer.testing import CliRunner

from grading.assignment import load, load_course
from grading.cli import app
from grading.cli.mistakes import MISTAKES
from grading.exports import canvas, github, gradescope, junit, moodle, tables
from grading.report.data import Report
from grading.report.write import reports_of
from grading.run import Run
from tests.suite.test_report import out  # noqa: F401

VISIBLE = {"hidden", "after_due_date", "after_published", "visible"}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}


@pytest.fixture(scope="module")
def reports(out: Path) -> list[Report]:  # noqa: F811
    """The made-up class: ada, her twin, bob, and a name that is a formula."""
    return [report for _, report in reports_of(Run.reopen(out))]


def test_gradescope_results_follow_the_specification(reports: list[Report]) -> None:
    """Maxima add up to the assignment, the score to the points, every value is one that the format knows."""
    for report in reports:
        found = json.loads(gradescope.write_results(report))
        assert found["score"] == report.points
        assert sum(test["max_score"] for test in found["tests"]) == load().points
        assert sum(test["score"] for test in found["tests"]) == pytest.approx(report.points, abs=1e-9)
        assert isinstance(found["execution_time"], int) and found["stdout_visibility"] in VISIBLE
        for test in found["tests"]:
            assert test.get("status", "passed") in ("passed", "failed")
            assert test["output_format"] in FORMATS and test["visibility"] in VISIBLE
            assert 0 <= test["score"] <= test["max_score"]


def test_the_autograder_zip_has_what_gradescope_runs_and_no_solution(tmp_path: Path) -> None:
    """`setup.sh` and `run_autograder` at the root, executable, `bash` can read them; the reference stays at home."""
    found = CliRunner().invoke(app, ["export", "gradescope", str(tmp_path / "autograder.zip")])
    assert found.exit_code == 0, found.output
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        names = archive.namelist()
        assert {"setup.sh", "run_autograder", "constraints.txt", "evidence/pyproject.toml"} <= set(names)
        assert archive.getinfo("run_autograder").external_attr >> 16 & 0o111
        solutions = ("implementations/", "tests/suite/", "derivations/topics/", "derivations/notebooks/", "examples/")
        assert not [name for name in names if any(each in name for each in solutions)]
        assert "results/results.json" in archive.read("run_autograder").decode()


def test_the_autograder_zip_holds_a_changed_course(tmp_path: Path) -> None:
    """`run_autograder` grades by the very questions that the course file asks, own ones included."""
    course = Path(__file__).parents[2] / "docs" / "own_question" / "course.toml"
    words = ["export", "gradescope", str(tmp_path / "autograder.zip"), "--course", str(course)]
    found = CliRunner().invoke(app, words)
    assert found.exit_code == 0, found.output
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        archive.extractall(tmp_path / "source")
    assert "--course source/course/course.toml" in (tmp_path / "source" / "run_autograder").read_text()
    assert load_course(tmp_path / "source" / "course" / "course.toml").questions == load_course(course).questions


def test_canvas_accepts_the_header_and_the_title(reports: list[Report]) -> None:
    """Student, ID and Section stand where the importer looks; bulk-download names give the id."""
    text = canvas.write(reports, "Project 1 (123456)")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows[0]) > 3 and rows[0][0] == "Student" and rows[0][1] == "ID" and rows[0][-2] == "Section"
    assert rows[1][0].strip() == "Points Possible" and float(rows[1][-1]) == load().points
    assert len(rows) == 2 + len(reports) and len({len(row) for row in rows}) == 1
    with pytest.raises(canvas.TitleError, match="drops it"):
        canvas.write(reports, "Final Grade project")
    renamed = msgspec.structs.replace(reports[0], submission="lovelaceada_4711")
    assert canvas.row(renamed)[:2] == ["lovelaceada", "4711"]


def test_moodle_has_one_row_for_each_student(reports: list[Report]) -> None:
    """Identifier, name, points with two decimals."""
    rows = list(csv.DictReader(io.StringIO(moodle.write(reports, "Evidence"))))
    assert [float(row["Evidence"]) for row in rows] == [pytest.approx(r.points, abs=0.005) for r in reports]


def test_moodles_worksheet_comes_back_filled(reports: list[Report]) -> None:
    """Grades stand beside the participant's number; other columns and other students stay as they were."""
    rows = [
        "Identifier,Full name,Email address,Status,Grade,Maximum grade,Last modified (grade),Feedback comments",
        'Participant 71,"Lovelace, Ada",ada@uni.se,Submitted,,90.00,-,',
        'Participant 72,Bob,bob@uni.se,No submission,,90.00,-,"as it ""was"""',
    ]
    handed_in = [msgspec.structs.replace(reports[0], submission="Ada Lovelace_71"), reports[1]]
    text, strangers = moodle.fill("\ufeff" + "\r\n".join(rows) + "\r\n", handed_in)
    header, ada, bob = csv.reader(io.StringIO(text))
    assert header == rows[0].split(",") and strangers == [reports[1].submission]
    assert ada[:4] == ["Participant 71", "Lovelace, Ada", "ada@uni.se", "Submitted"]
    assert float(ada[4]) == pytest.approx(reports[0].points, abs=0.005) and ada[7].startswith("level ")
    assert bob == ["Participant 72", "Bob", "bob@uni.se", "No submission", "", "90.00", "-", 'as it "was"']
    with pytest.raises(moodle.WorksheetError, match="no column 'Identifier'"):
        moodle.fill("Name,Grade\n", handed_in)


def test_github_sums_to_the_points(reports: list[Report]) -> None:
    """Whole numbers only, one test a question, base64 of JSON."""
    for report in reports:
        found = json.loads(base64.b64decode(github.encoded(report)))
        scale = found["max_score"] / report.maximum
        assert found["version"] == 3 and found["status"] in ("pass", "fail", "error")
        assert len(found["tests"]) == 24
        assert sum(test["score"] for test in found["tests"]) == pytest.approx(scale * report.points, abs=24)
        assert all(isinstance(test["score"], int) for test in found["tests"])


def test_junit_counts_what_it_holds(reports: list[Report]) -> None:
    """The counts of each suite are those of its cases; text that XML cannot hold is replaced."""
    root = ET.fromstring(junit.write(reports))
    assert len(root) == len(reports)
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    assert junit.clean("a\x00b\x1b[31m") == "a�b�[31m"


def test_plain_tables_hold_every_check(reports: list[Report]) -> None:
    """One row for each check of each submission; the JSON is the reports."""
    rows = list(csv.DictReader(io.StringIO(tables.write_csv(reports))))
    assert len(rows) == len(reports) * len(load().manifest())
    assert msgspec.json.decode(tables.write_json(reports), type=list[Report]) == reports


@pytest.mark.parametrize("form", ["gradescope", "canvas", "moodle", "github", "junit", "csv", "json"])
def test_the_command_writes_every_format(form: str, out: Path) -> None:  # noqa: F811
    """Each ends with the path of what it wrote."""
    found = CliRunner().invoke(app, ["export", form, str(out)])
    assert found.exit_code == 0, found.output
    assert Path(found.output.split("\n")[-2]).is_file()


@pytest.mark.parametrize(
    "words",
    [
        ["export", "canvas", "{empty}"],
        ["export", "canvas", "{out}", "--title", "Override Score"],
        ["export", "canvas", "{out}", "--worksheet", "{empty}"],
        ["export", "moodle", "{out}", "--worksheet", "{empty}/absent.csv"],
        ["report", "{empty}"],
        ["grade", "{empty}/nothing", "--out", "{empty}-out"],
        ["grade", "{empty}", "--out", "{empty}/out"],
        ["grade", "{empty}", "--out", "{empty}-out"],
        ["grade", "{empty}", "--out", "{empty}-out", "--questions", "9.9.9"],
        ["grade", "{empty}", "--out", "{empty}-out", "--course", "{empty}/course.toml"],
        ["check", "{empty}/answers.md"],
        ["check", "{empty}/answers.md", "--context", "{empty}/context.toml"],
        ["estimate", "{empty}/nothing"],
        ["estimate", "{out}/submissions", "--measured", "{empty}"],
    ],
)
def test_a_mistake_is_one_message_without_a_traceback(words: list[str], out: Path, tmp_path: Path) -> None:  # noqa: F811
    """Every one is an error whose text is meant for the user."""
    filled = [word.format(empty=tmp_path / "empty", out=out) for word in words]
    (tmp_path / "empty").mkdir()
    found = CliRunner().invoke(app, filled)
    assert isinstance(found.exception, MISTAKES), found.exception
    assert ":" in str(found.exception)


def test_help_lists_every_command() -> None:
    """The first page names each with a sentence."""
    text = CliRunner().invoke(app, ["--help"]).output
    assert all(name in text for name in ("grade", "check", "doctor", "mark", "report", "export", "handout", "estimate"))
