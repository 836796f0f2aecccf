"""A lecturer's course file changes what is asked, and its mistakes are named by line and key."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from grading.assignment import CatalogueError, load_course
from grading.assignment.policy import Late

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
            '[text."1.2.4"]\ntitle = "NG"\n[deadlines]\nD = 2026-12-04T23:59:00\n[late]\nper_day = 0.2\n',
        )
    )
    assert made.title == "T" and made.question("1.2.4").points == 8 and made.question("1.2.4").title == "NG"
    numbers = [question.number for question in made.questions]
    assert "5.1.1" in numbers and "2.1.12" not in numbers and "3.1.20" not in numbers
    assert made.policy.factor("D", datetime(2026, 12, 5, 12)) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('title = "T"\nlevle = ["D"]\n', "line 2.*levle"),
        ('[points]\n"1.2.4" = "many"\n', "line .*points"),
        ('\n[points]\n"9.9.9" = 1\n', "line 3: points: there is no question 9.9.9"),
        ('levels = ["E"]\n', "line 1: levels: there is no level E; there are D, C, B, A"),
        ('add = ["nowhere"]\n', "line 1: add: .*nowhere holds no question page"),
        ("[late]\nper_day = 0.1\nper_week = 1\n", "line 3.*per_week"),
        ("title = \n", "course.toml"),
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
    from datetime import timedelta

    deadline = datetime(2026, 12, 4, 23, 59)
    late = Late(grace_minutes=30, per_day=0.1, at_most_days=3)
    assert late.factor(deadline, deadline + timedelta(hours=hours)) == pytest.approx(left)
