"""Late work and regrade requests, from a course file to what people read."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grading.assignment import load
from grading.entries import LATE
from grading.exports import canvas, github, gradescope, junit, moodle, tables
from grading.gradebook import Conditions, Experiments, HandedIn, Key, content_hash, fingerprints
from grading.marking import Desk, make_app
from grading.report import write
from grading.report.data import Report
from grading.report.write import reports_of
from grading.run import Run, Settings
from grading.sandbox import Isolation
from grading.verdict.answers import sections
from grading.verdict.outcome import Outcome, State

ROOT = Path(__file__).parents[2]
CHECK = "2.2.14/statistics_are_log_x_and_x"
COURSE = """
regrade_until = 2026-12-31
[deadlines]
D = 2026-12-04T23:59:00
C = 2026-12-06T23:59:00
[late]
per_day = 0.25
[handed_in]
ada = 2026-12-05T12:00:00
bob = 2026-12-04T12:00:00
eve = { D = 2026-12-04T12:00:00, C = 2026-12-07T12:00:00 }
hopper_4712 = 2026-12-05T12:00:00
[extensions]
hopper_4712 = 2026-12-11T23:59:00
[[regrades]]
student = "ada"
question = "2.2.14"
check = "statistics_are_log_x_and_x"
text = "My statistics <b>are</b> in this order."
date = 2026-12-20
[[regrades]]
student = "nobody"
question = "1.1.1"
text = "Where is my work?"
date = 2027-01-02
"""


MARKS = fingerprints(load().manifest())


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A class in which everybody passes everything: in time, late, extended, and late without a time."""
    (tmp_path / "course.toml").write_text(COURSE)
    made = Run.begin(
        tmp_path / "out",
        Settings(Conditions(experiments=Experiments.NEVER), Isolation.PROCESS, str(tmp_path / "course.toml")),
    )
    vars(made)["fingerprints"] = MARKS
    folder = tmp_path / "work"
    (folder / "implementations").mkdir(parents=True)
    shutil.copy(ROOT / "implementations" / "gamma.py", folder / "implementations")
    content = content_hash(folder)
    names = {"ada": [], "bob": [], "eve": [], "hopper_4712": [], "eve_1": [LATE]}
    made.gradebook.hand_in(HandedIn(name, content, str(folder), notices) for name, notices in names.items())
    for check, mark in made.fingerprints.items():
        passed = Outcome(check=check, state=State.FAILED if check == CHECK else State.PASSED)
        made.gradebook.record(Key(content, check, mark, "seed 0"), passed, "process")
    return made


def by_name(run: Run) -> dict[str, Report]:
    """The reports."""
    return {entry.submission: report for entry, report in reports_of(run)}


def test_points_before_and_after_are_data(run: Run) -> None:
    """A quarter of level D is lost for one day begun; level C, due later, is in time; questions stay as they are."""
    reports = by_name(run)
    late, in_time = reports["ada"], reports["bob"]
    level = {each.name: each for each in late.levels}
    assert (level["D"].days_late, level["D"].factor, level["C"].factor, level["B"].deadline) == (1, 0.75, 1.0, "")
    assert level["D"].points == pytest.approx(0.75 * level["D"].before, abs=1e-3)
    assert level["D"].deadline == "2026-12-04T23:59:00"
    assert late.before == in_time.points == in_time.before
    assert late.lost_late == pytest.approx(level["D"].before / 4, abs=2e-3)
    assert late.points == pytest.approx(sum(each.points for each in late.levels), abs=2e-3)
    assert late.handed_in.at == "2026-12-05T12:00:00" and "25 % of the points" in late.handed_in.rule
    assert [q.points for q in late.questions] == [q.points for q in in_time.questions]


def test_an_extension_and_an_unknown_time_cost_nothing(run: Run) -> None:
    """Canvas says late but not when: the instructor is told, and nothing is taken off."""
    reports = by_name(run)
    assert reports["hopper_4712"].lost_late == reports["eve_1"].lost_late == 0
    assert reports["hopper_4712"].handed_in.extension and reports["eve_1"].handed_in.platform_says_late


def test_a_part_that_came_later_is_late_alone(run: Run, tmp_path: Path) -> None:
    """Each level has its own hand-in time, and the page says which."""
    report = by_name(run)["eve"]
    level = {each.name: each for each in report.levels}
    assert (level["D"].factor, level["C"].factor) == (1.0, 0.75)
    assert report.lost_late == pytest.approx(level["C"].before / 4, abs=2e-3)
    write(run, tmp_path / "out")
    page = (tmp_path / "out/submissions/eve/report.html").read_text()
    assert "Level D, due 2026-12-04 23:59, handed in 2026-12-04 12:00: in time" in page
    assert "handed in 2026-12-07T12:00:00;" in moodle.write([report], "Evidence")


def test_people_read_it(run: Run, tmp_path: Path) -> None:
    """The student's report says what was lost and why, the class page who was late and whose time is not known."""
    write(run, tmp_path / "out")
    page = (tmp_path / "out/submissions/ada/report.html").read_text()
    assert "taken off for being late" in page and "due 2026-12-04 23:59" in page and "25 % of the points" in page
    assert "Handed in late" not in (tmp_path / "out/submissions/bob/report.html").read_text()
    assert "nothing is taken off" in (tmp_path / "out/submissions/eve_1/report.html").read_text()
    overview = (tmp_path / "out/index.html").read_text()
    assert "Marked late by the learning platform" in overview and "Nobody handed in under these names" in overview
    rows = {row["submission"]: row for row in csv.DictReader(io.StringIO((tmp_path / "out/grades.csv").read_text()))}
    assert float(rows["ada"]["points"]) < float(rows["ada"]["points_before"]) and rows["ada"]["days_late"] == "1"
    assert rows["ada"]["handed_in"] == "2026-12-05T12:00:00" and rows["ada"]["late_rule"]


def test_every_export_has_points_before_and_after(run: Run) -> None:
    """And the hand-in time and the rule; a header that is not Canvas's own is one that Canvas drops."""
    reports = by_name(run)
    late, everybody = reports["ada"], list(reports.values())
    rows = list(csv.DictReader(io.StringIO(canvas.write(everybody, "Project"))))
    assert len({len(row) for row in csv.reader(io.StringIO(canvas.write(everybody, "Project")))}) == 1
    ada = next(row for row in rows if row["Student"] == "ada")
    assert float(ada["Project"]) == pytest.approx(late.points, abs=0.01)
    assert float(ada["Final points note: points_before"]) == late.before
    assert all(canvas.TOTAL.search(name) for name in canvas.DROPPED)
    extra = json.loads(gradescope.write_results(late))
    assert extra["score"] == late.points and float(extra["extra_data"]["points_before"]) == late.before
    assert "taken off for being late" in extra["output"]
    assert f"{late.before:g} points before" in moodle.write([late], "Evidence")
    found: dict[str, Any] = github.result(late)
    scale = found["max_score"] / late.maximum
    assert sum(test["score"] for test in found["tests"]) == pytest.approx(scale * late.points, abs=24)
    assert 'name="points_before"' in junit.write([late]).decode()
    (row, *_) = csv.DictReader(io.StringIO(tables.write_csv([late])))
    assert (row["factor"], row["days_late"]) == ("0.75", "1")
    assert msgspec.json.decode(tables.write_json([late]), type=list[Report]) == [late]


def opened(run: Run) -> Any:
    """A marker's browser on the marking page."""
    client = make_app(Desk(run.gradebook, run.course, sections), "eva", "t", run).test_client()
    client.get("/?token=t")
    return client


def request_page(run: Run) -> str:
    """The address of ada's request."""
    return f"/regrades/{run.course.policy.requests[0].identifier}/"


def test_a_request_is_answered_with_points(run: Run, tmp_path: Path) -> None:
    """The marker sees text and outcomes; points count, and who, when and why stand in the student's report."""
    client, page = opened(run), request_page(run)
    assert "My statistics &lt;b&gt;are" in client.get("/").text and "nobody" not in client.get("/").text
    assert "failed" in client.get(page).text
    refused = client.post(page, data={"check": CHECK, "points": "1000", "why": "x", "do": "points"})
    assert refused.status_code == 400 and "can be given" in refused.text
    assert client.post(page, data={"check": CHECK, "points": "0.2", "do": "points"}).status_code == 400
    before = by_name(run)["ada"].before
    assert client.post(page, data={"check": CHECK, "points": "0,2", "why": "fair", "do": "points"}).status_code == 302
    report = by_name(run)["ada"]
    assert report.before == pytest.approx(before + 0.2, abs=1e-3)
    (asked,) = report.regrades
    assert asked.answer and (asked.answer.who, asked.answer.why, asked.answer.check) == ("eva", "fair", CHECK)
    assert asked.in_time and asked.answer.at
    write(run, tmp_path / "out")
    page_text = (tmp_path / "out/submissions/ada/report.html").read_text()
    assert "0.2 points given" in page_text and "fair" in page_text and "<b>are</b>" not in page_text
    assert "1, of which 0 wait" in (tmp_path / "out/index.html").read_text()


def test_a_request_is_answered_by_running_the_check_again(run: Run) -> None:
    """The work is right, so the check passes now, and its new outcome takes the place of the old one."""
    client, page = opened(run), request_page(run)
    assert client.post(page, data={"check": CHECK, "why": "the machine was full", "do": "run"}).status_code == 302
    report = by_name(run)["ada"]
    assert report.lost_late and report.regrades[0].answer and report.regrades[0].answer.did == "run again: passed"
    assert next(check for check in report.checks() if check.id == CHECK).outcome is State.PASSED
    prose = next(name for name, (_, check) in load().manifest().items() if check.kind == "prose")
    assert "cannot be run again" in client.post(page, data={"check": prose, "why": "x", "do": "run"}).text
