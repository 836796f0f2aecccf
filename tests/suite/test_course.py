"""A lecturer's course file changes what is asked, and its mistakes are named by line and key."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.assignment import CatalogueError, load, load_course
from grading.assignment.course_file import CourseFile
from grading.assignment.policy import Late
from grading.assignment.sharing import shared

DOCS = Path(__file__).parents[2] / "docs"
OWN = """number = "5.1.1"
level = "C"
title = "Own"
points = 2
statement = "..."
"""


def course(tmp_path: Path, text: str) -> Path:
    """A course file with this text."""
    path = tmp_path / "course.toml"
    path.write_text(text)
    return path


def test_points_levels_texts_and_own_questions(tmp_path: Path) -> None:
    """Everything a course file can change."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "5.1.1.toml").write_text(OWN)
    made = load_course(
        course(
            tmp_path,
            'title = "T"\nlevels = ["D", "C"]\nwithout = ["2.1.12"]\nadd = ["own"]\n[points]\n"1.2.4" = 8\n'
            '[text."1.2.4"]\ntitle = "NG"\n[deadlines]\nD = 2026-12-04T23:59:00\n[late]\nper_day = 0.2\n'
            "[handed_in]\nada = 2026-12-05T12:00:00\nbob = 2026-12-05T12:00:00\n"
            "[extensions]\nbob = 2026-12-06T00:00:00\n",
        )
    )
    assert made.title == "T" and made.question("1.2.4").points == 8 and made.question("1.2.4").title == "NG"
    numbers = [question.number for question in made.questions]
    assert "5.1.1" in numbers and "2.1.12" not in numbers and "3.1.20" not in numbers
    late = {name: made.policy.lateness("D", name) for name in ("ada", "bob", "eve")}
    assert [each.factor for each in late.values()] == [0.8, 1.0, 1.0]
    assert [each.days for each in late.values()] == [1, 0, 0]
    assert late["bob"].deadline == datetime(2026, 12, 6) and made.policy.lateness("C", "ada").deadline is None
    assert made.policy.nobody({"ada"}) == ["bob"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('title = "T"\nlevle = ["D"]\n', "line 2.*levle"),
        ('[points]\n"1.2.4" = "many"\n', "line .*points"),
        ('\n[points]\n"9.9.9" = 1\n', "line 3: points: there is no question 9.9.9"),
        ('\n[points]\n"1.2.4" = -1\n', "line 2.*points"),
        ('\n[points]\n"1.2.4" = nan\n', "line 2.*points"),
        ("points_step = 0\n", "line 1.*points_step"),
        ("[late]\nper_day = 10\n", "line 2.*per_day"),
        ('levels = ["E"]\n', "line 1: levels: there is no level E; there are D, C, B, A"),
        ('add = ["nowhere"]\n', "line 1: add: .*nowhere holds no question page"),
        ("[late]\nper_day = 0.1\nper_week = 1\n", "line 3.*per_week"),
        ("title = \n", "course.toml"),
        ('handed_in = "absent.csv"\n', "absent.csv: .*No such file"),
        ("[handed_in]\nada = 2026-12-05T01:00:00\nbob = 2026-12-05T01:00:00Z\n", "time zone"),
        (
            '[[regrades]]\nstudent = "ada"\nquestion = "9.9.9"\ntext = "?"\ndate = 2026-12-20\n',
            "ada asks about 9.9.9, which does not exist",
        ),
        ('[[regrades]]\nstudent = "ada"\nquestion = "1.1.1"\n', "line 1.*text"),
    ],
)
def test_a_mistake_is_named_by_line_and_key(tmp_path: Path, text: str, words: str) -> None:
    """File, line, key and what would be right."""
    with pytest.raises(CatalogueError, match=words):
        load_course(course(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(CatalogueError, match="No such file"):
        load_course(tmp_path / "absent.toml")


@pytest.mark.parametrize(("hours", "left"), [(-1, 1.0), (0.4, 1.0), (1, 0.9), (24.6, 0.8), (24 * 5, 0.0)])
def test_late_work_loses_a_share_for_each_day_begun(hours: float, left: float) -> None:
    """Half an hour of grace, then 10 % a day, nothing after three days."""
    deadline = datetime(2026, 12, 4, 23, 59)
    late = Late(grace_minutes=30, per_day=0.1, at_most_days=3)
    assert late.factor(late.days(deadline, deadline + timedelta(hours=hours))) == pytest.approx(left)


def test_times_and_requests_from_a_spreadsheet(tmp_path: Path) -> None:
    """A CSV beside the course file serves as well as a table in it."""
    (tmp_path / "times.csv").write_text("\ufeffstudent,time,remark\nada,2026-12-05 01:10,by mail\n,,\n", "utf-8")
    (tmp_path / "regrades.csv").write_text(
        'student,question,check,text,date\nada,2.2.16,fisher_is_positive_definite,"It is, in rate.",2026-12-20\n'
    )
    policy = load_course(course(tmp_path, 'handed_in = "times.csv"\nregrades = "regrades.csv"\n')).policy
    assert policy.handed_in == {"ada": {"": datetime(2026, 12, 5, 1, 10)}}
    (request,) = policy.requests
    assert (request.question, request.check) == ("2.2.16", "fisher_is_positive_definite")
    assert request.text == "It is, in rate." and request.date == date(2026, 12, 20)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("handed_in", "student\nada\n", "line 1: there is no column time"),
        (
            "handed_in",
            "student,time\nada,2026-12-05\nbob,yesterday\nada,2026-12-06\n",
            "line 3: 'yesterday' is no time",
        ),
        ("handed_in", "student,time,level\n\n,,\nbob,yesterday\n", "line 4: 'yesterday' is no time"),
        (
            "regrades",
            'student,question,check,text,date\nada,1.1.1,,"two\nlines",2026-12-20\nada,1.1.1,,"two\nlines",soon\n',
            "line 4: the date is none such as",
        ),
        ("extensions", "student,time\nada,2026-12-05\nada,2026-12-06\n", "line 3: ada stands here twice"),
        ("regrades", "student,question,check,text,date\nada,1.1.1,,why,soon\n", "line 2: the date is none such as"),
        ("regrades", "student,question,check,text,date\nada,1.1.1,no,why,2026-12-20\n", "asks about 1.1.1/no"),
    ],
)
def test_a_malformed_spreadsheet_is_refused_line_by_line(tmp_path: Path, name: str, text: str, words: str) -> None:
    """File, line and what would be right."""
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(CatalogueError, match=words):
        load_course(course(tmp_path, f'{name} = "table.csv"\n'))


def test_points_of_checks_can_be_read_and_add_up() -> None:
    """Of the assignment: quarter points, none without any, and a question's add up to the last bit."""
    for question in load().questions:
        each = [question.points_of(check) for check in question.checks]
        assert sum(each) == question.points and min(each) > 0 and all(4 * points % 1 == 0 for points in each)


@given(
    points=st.integers(1, 4000).map(lambda n: n / 100),
    weights=st.lists(st.sampled_from([0.25, 0.5, 1.0, 1.5, 2.0, 5.0]), min_size=1, max_size=9),
    step=st.sampled_from([0.1, 0.25, 0.5, 1.0]),
)
def test_shared_points_add_up_and_stay_close_to_the_weights(points: float, weights: list[float], step: float) -> None:
    """Whatever a course makes of points and step: the sum is kept, nobody gets nothing, and rounding costs a step."""
    found = shared(points, tuple(weights), step)
    assert sum(found) == pytest.approx(points, abs=1e-9) and min(found) > 0
    ideal = [points * weight / sum(weights) for weight in weights]
    assert all(abs(a - b) <= step + 1e-9 for a, b in zip(found, ideal, strict=True))


def test_a_course_sets_the_step(tmp_path: Path) -> None:
    """Halves instead of quarters; a step that would leave a check nothing gives way to a finer one."""
    made = load_course(course(tmp_path, 'points_step = 0.5\n[points]\n"1.2.5" = 2\n"2.2.14" = 5\n'))
    halves, many = made.question("2.2.14"), made.question("1.2.5")
    assert [halves.points_of(check) for check in halves.checks] == [1.5, 1.5, 0.5, 1.0, 0.5]
    assert all(many.points_of(check) > 0 for check in many.checks)


def test_levels_handed_in_at_different_times(tmp_path: Path) -> None:
    """A part that came later has a time of its own, in the file or in a spreadsheet with semicolons."""
    text = "[deadlines]\nD = 2026-12-04T23:59:00\nC = 2026-12-11T23:59:00\n[late]\nper_day = 0.1\n"
    table = "[handed_in]\nada = { D = 2026-12-04T12:00:00, C = 2026-12-12T12:00:00 }\n"
    (tmp_path / "times.csv").write_text("student;level;time\nada;D;2026-12-04 12:00\nada;;2026-12-12 12:00\n")
    for written in (text + table, 'handed_in = "times.csv"\n' + text):
        policy = load_course(course(tmp_path, written)).policy
        assert [policy.lateness(level, "ada").factor for level in "DC"] == [1.0, 0.9]
        assert policy.lateness("D", "ada").handed_in == datetime(2026, 12, 4, 12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[handed_in]\nada = { E = 2026-12-04T12:00:00 }\n", "handed_in: ada: there is no level E; there are D, C"),
        ("[extensions]\nada = { D = 1 }\n", "line 1: .*datetime.*extensions"),
    ],
)
def test_a_level_that_is_not_asked_has_no_time(tmp_path: Path, text: str, words: str) -> None:
    """A typing error must not leave a late part in time."""
    with pytest.raises(CatalogueError, match=words):
        load_course(course(tmp_path, text))


def test_the_documented_files_are_read() -> None:
    """The course files of docs/course.md have keys and types as it says; the blocks after them are other pages."""
    blocks = re.findall(r"```toml\n(.*?)```", (DOCS / "course.md").read_text(), re.DOTALL)[:3]
    read = [msgspec.toml.decode(block, type=CourseFile) for block in blocks]
    assert read[0].points_step == 0.5 and read[2].regrades == "regrades.csv"
