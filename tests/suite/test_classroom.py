"""A class of generated submissions, correct, wrong, broken and hostile: every outcome is the expected one."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.cluster.pool import Pool
from grading.entries import entries
from grading.gradebook import Conditions, Experiments
from grading.report import write
from grading.run import Run, Settings
from grading.sandbox import Isolation, available
from tests.suite.classroom import SORTS, differences, generate

pytestmark = pytest.mark.skipif(available() is not None, reason=f"needs the sandbox: {available()}")
QUESTIONS = ("2.2.14", "2.2.16")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One submission of almost each sort, graded on two questions by two workers in the sandbox."""
    folder = tmp_path_factory.mktemp("class")
    generate(folder / "handed in", count=14)
    for slow in (folder / "handed in").glob("never-returns-*"):
        slow.rename(folder / slow.name)
    run = Run.begin(folder / "out", Settings(Conditions(experiments=Experiments.NEVER), Isolation.SANDBOX))
    run.gradebook.hand_in(entries(folder / "handed in", folder / "out" / "handed-in"))
    jobs = run.jobs(tuple(run.course.question(number) for number in QUESTIONS))
    with Pool(2, Isolation.SANDBOX) as pool:
        run.go(jobs, pool, lambda job, ended: None)
    write(run, folder / "out")
    return run


def test_every_outcome_is_the_expected_one(graded: Run) -> None:
    """By sort of submission, as written down before anything was run."""
    asked = {name for name in graded.fingerprints if name.partition("/")[0] in QUESTIONS}
    assert len(graded.gradebook.handed_in()) >= len(SORTS) - 1
    assert differences(graded, asked) == []


def test_nothing_is_left_and_nothing_broke(graded: Run) -> None:
    """A second run has nothing to do."""
    assert graded.jobs(tuple(graded.course.question(number) for number in QUESTIONS)) == []


def test_the_recorded_classroom_has_two_hundred_places(tmp_path: Path) -> None:
    """The shares of all sorts add up."""
    assert sum(sort.share for sort in SORTS) == 200
