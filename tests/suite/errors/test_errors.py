"""Each message is shown by a command that reaches it, with the documented exit code and without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.suite.errors import (
    cases_check,
    cases_course,
    cases_doctor,
    cases_grade,
    cases_options,
    cases_others,
    cases_reader,
    cases_results,
)
from tests.suite.errors.case import Case, result_of
from tests.suite.errors.census import listed, noted, outlived, told, unsorted

TOPICS = (
    *(cases_check, cases_course, cases_doctor, cases_grade),
    *(cases_options, cases_others, cases_reader, cases_results),
)
CASES: list[Case] = [case for topic in TOPICS for case in topic.CASES]

STATION = "in a process that runs checks: its end is an outcome, `the process that ran the checks ended`"
UNREACHED = {
    "a file in it is longer than it says": "only of a file that somebody writes to while it is copied",
    "a mark needs the name of who gives it": "`evidence mark` has refused a --as without a name before",
    "a goal cannot be read": "goals stand on the assignment's own pages, all of which tests/suite/test_goals.py reads",
    "pieces[0].error('this is nested too deeply": "lark does not recurse, and what its rules build is seen in _located",
    "the fork server did not start": STATION,
    "a confined process did not start": STATION,
    "a process could not be confined": STATION,
    "error.strerror or 'it cannot be read'": "a file that the grader may not read, or that became a link meanwhile",
    "Finding(Weight.MISSING, module.name": "the submission's process ends while it is looked at; that of a test would",
}
"""Places that no command reaches, by words of their source, and why."""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_said_without_a_traceback(case: Case) -> None:
    """File, line or key, what is wrong and what to do; exit code 2, or 0 where the command goes on."""
    result = result_of(case)
    assert "Traceback" not in result.text
    for says in case.says:
        assert says in result.text
    assert result.code == case.code


def test_every_exception_of_the_source_is_sorted() -> None:
    """A new class is either told, and then needs a case, or part of something else that is named."""
    assert [str(place) for place in unsorted()] == []
    assert outlived() == set()


def test_every_place_that_makes_a_message_is_reached() -> None:
    """By the cases above, or it stands on the list of those that no command reaches, and is not reached.

    Also what is left out of a submission, or missing in it.
    """
    reached = {place for case in CASES for place in result_of(case).places}
    silent = [place for place in (*told(), *noted()) if place not in reached]
    assert [str(place) for place in silent if not any(words in place.source for words in UNREACHED)] == []
    assert len(silent) == len(UNREACHED)


def test_every_message_is_shown_by_a_command_that_reaches_its_place() -> None:
    """Nothing on the way from the place to the user takes its words away."""
    results = [result_of(case) for case in CASES]
    reached = {place for result in results for place in result.places}
    shown = {place for result in results for place in result.places if place.words in result.text}
    assert [str(place) for place in reached - shown] == []


def test_every_fault_of_a_spreadsheet_is_shown() -> None:
    """Those of its lines are put in a list, and said together."""
    texts = [result_of(case).text for case in CASES]
    assert [str(place) for place in listed() if not any(place.words in text for text in texts)] == []


def test_a_terminal_without_the_letter_shows_its_code(tmp_path: Path) -> None:
    """Names of people and folders are not ASCII, terminals and redirected output may be."""
    (tmp_path / "é.py").write_text("")
    (tmp_path / "submission.toml").write_text('entry_points = { gamma = "é.py" }\n', encoding="utf-8")
    entry, environment = Path(sys.executable).parent / "evidence", os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([entry, "doctor"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "\\xe9.py does not define it" in done.stdout and "Traceback" not in done.stderr


@pytest.mark.parametrize("case", [cases_check.FILES[0], cases_others.PYTEST[0]], ids=str)
def test_a_program_of_its_own_says_the_same(case: Case, tmp_path: Path) -> None:
    """The entry points that users type, in processes of their own."""
    program, *arguments = case.command.split()
    entry = Path(sys.executable).parent / program
    done = subprocess.run([entry, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == case.code and "Traceback" not in done.stdout + done.stderr
    assert all(says in done.stdout + done.stderr for says in case.says)
