"""Pictures that checks lay beside an answer reach the student's report and the marker's page, with words for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grading.assignment import load
from grading.cluster.pool import Pool
from grading.cluster.session import give_up
from grading.entries import entries
from grading.feedback.summary import summary
from grading.gradebook import Conditions, Experiments
from grading.marking import Desk, make_app
from grading.report import write
from grading.run import Run, Settings
from grading.sandbox import Isolation, available
from grading.verdict.answers import sections
from grading.verdict.judge import TO_BE_READ, Judge
from grading.verdict.outcome import Outcome, State

pytestmark = pytest.mark.skipif(available() is not None, reason=f"needs the sandbox: {available()}")
ROOT = Path(__file__).parents[2]
BESIDE = {
    "1.1.2/family_and_tightness": "family_and_tightness",
    "3.1.24/covariance_is_discussed": "score_as_a_control_variate",
}
"""Answers in prose, and the check of the same question whose picture lies beside them."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The reference, graded on the two questions behind the sandbox."""
    folder = tmp_path_factory.mktemp("exhibits")
    shutil.copytree(ROOT / "implementations", folder / "class" / "ada" / "implementations")
    shutil.copy(ROOT / "answers.md", folder / "class" / "ada")
    run = Run.begin(folder / "out", Settings(Conditions(0, experiments=Experiments.NEVER), Isolation.SANDBOX))
    run.gradebook.hand_in(entries(folder / "class", folder / "out" / "handed-in"))
    questions = tuple(run.course.question(name.partition("/")[0]) for name in BESIDE)
    with Pool(1, Isolation.SANDBOX) as pool:
        run.go(run.jobs(questions), pool, lambda job, ended: None)
    assert run.jobs(questions) == []
    return run


@pytest.mark.parametrize("prose", BESIDE)
def test_the_picture_lies_beside_the_answer(graded: Run, prose: str, tmp_path: Path) -> None:
    """The answer still waits for a human; the picture is in the report and on the page where it is marked."""
    entry = graded.gradebook.handed_in()[0]
    outcomes = graded.standing(entry.content).outcomes
    assert (outcomes[prose].state, outcomes[prose].message) == (State.NEEDS_HUMAN, TO_BE_READ)
    [plot] = outcomes[f"{prose.partition('/')[0]}/{BESIDE[prose]}"].plots
    assert len(plot.alt) > 100 and "<svg" in plot.svg
    client = make_app(Desk(graded.gradebook, graded.course, sections), "eva", "t").test_client()
    client.get("/?token=t")
    for page in (write(graded, tmp_path).read_text(), client.get(f"/{prose}/0").text):
        assert plot.title in page and page.count("data:image/svg+xml;base64") >= 1


def test_evidence_beside_an_answer_is_no_check_to_pass() -> None:
    """The last lines of a run count what can be passed."""
    course = load()
    judge = Judge(course)
    judge.record(Outcome(check="1.1.2/family_and_tightness", state=State.NEEDS_HUMAN, message=TO_BE_READ))
    line, *_ = summary(judge, [course.question("1.1.2")])
    assert line.split(maxsplit=1) == ["1.1.2", "the text will be read by a human"]


def test_an_answer_is_read_whatever_becomes_of_the_code(graded: Run) -> None:
    """Where a submission cannot even be opened, its checks end in an error, its prose does not."""
    ended: dict[str, State] = {}
    job = graded.job(graded.gradebook.handed_in()[0].content, "", {"3.1.25"})
    give_up(
        job,
        tuple(load().manifest()),
        State.ERROR,
        "no such folder",
        lambda one: ended.update({one.outcome.check: one.outcome.state}),
    )
    assert ended["1.1.2/family_and_tightness"] is State.NEEDS_HUMAN
    assert ended["3.1.24/score_as_a_control_variate"] is State.ERROR
