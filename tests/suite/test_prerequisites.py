"""One mistake is not punished twice: what waits, what the reference stands in for, and that both survive a rerun."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grading.assignment import load
from grading.cli import app
from grading.cluster.pool import Pool
from grading.gradebook import Conditions, Experiments
from grading.run import Run
from grading.sandbox import Isolation
from grading.verdict.judge import Judge, Seat
from grading.verdict.outcome import Outcome, State

ROOT = Path(__file__).parents[2]
SCORE, CLIMBS = "1.2.4/score_is_the_gradient_of_log_q", "1.2.5/fit_climbs_the_bound"
DEPENDENT = "2.2.13/fit_with_control_variates_climbs_the_bound"
NORMAL_GAMMA = tuple(f"normal_gamma.{name}" for name in ("log_likelihood", "log_prior", "log_q", "score"))


def outcome(name: str, passed: bool) -> Outcome:
    """A check that ended."""
    return Outcome(check=name, state=State.PASSED if passed else State.FAILED)


def seat(failed: tuple[str, ...], identifier: str, reference: bool) -> Seat:
    """How a check is run when exactly these have failed and all others have passed."""
    course = load()
    outcomes = {name: outcome(name, name not in failed) for name in course.manifest()}
    return Judge(course, outcomes).seat(course.manifest()[identifier][1], reference)


def test_a_failed_score_reaches_two_questions_on() -> None:
    """2.2.13 fits with 1.2.5's `fit`, which calls 1.2.4's score: it waits, or is run with the reference's score."""
    assert seat((), DEPENDENT, reference=True) == Seat()
    assert seat((SCORE,), DEPENDENT, reference=False) == Seat(waits_for="1.2.4")
    assert seat((SCORE,), DEPENDENT, reference=True) == Seat(substituted=NORMAL_GAMMA)


def test_the_reference_never_takes_the_place_of_what_is_checked() -> None:
    """`fit` itself is what 2.2.13 grades; where it fails, with a right score too, 2.2.13 waits for 1.2.5."""
    assert seat((CLIMBS,), DEPENDENT, reference=True) == Seat(waits_for="1.2.5")
    assert seat((SCORE, CLIMBS), DEPENDENT, reference=True) == Seat(waits_for="1.2.5")
    for question in load().questions:
        assert not any(set(check.uses) & set(question.functions) for check in question.checks)


def test_a_function_that_is_only_used_is_replaced_where_nothing_waits() -> None:
    """A natural gradient in closed form needs no Fisher matrix, so it does not wait for one; one that calls it gets
    the reference's.  A wrong derivation says nothing about the code."""
    check = "2.2.15/natural_gradient_solves_the_fisher_system"
    failed = ("2.2.16/fisher_is_the_covariance_of_the_score",)
    assert seat(failed, check, reference=False) == Seat()
    assert seat(failed, check, reference=True) == Seat(substituted=("gamma.fisher_information",))
    assert seat(("2.2.16/derivation",), check, reference=True) == Seat()


class Lasting(Pool):
    """A pool whose stations outlive the commands that use them: what takes long is to start one."""

    def __exit__(self, *_: object) -> None:
        """Left to the fixture."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One station for all commands."""
    lasting = Lasting(1, Isolation.SANDBOX)
    yield lasting
    for station in lasting.stations:
        station.end()


@pytest.fixture
def wrong_fisher(tmp_path: Path) -> Path:
    """The reference's Gamma questions with a natural gradient that is right, from a Fisher matrix that is not."""
    folder = tmp_path / "class" / "ada"
    (folder / "implementations").mkdir(parents=True)
    code = (ROOT / "implementations" / "gamma.py").read_text(encoding="utf-8")
    wrong = re.sub(r"def fisher_information\(", "def right_fisher_information(", code)
    wrong += "\n\ndef fisher_information(alpha, beta, parameterization='scale'):\n"
    wrong += "    right = right_fisher_information(alpha, beta, parameterization).copy()\n"
    wrong += "    right[1, 1] *= 2\n    return right\n"
    wrong += "\n\ndef natural_gradient(gradient, alpha, beta, parameterization='scale'):\n"
    wrong += "    return np.linalg.solve(fisher_information(alpha, beta, parameterization), gradient)\n"
    (folder / "implementations" / "gamma.py").write_text(wrong, encoding="utf-8")
    return folder.parent


@pytest.mark.parametrize("prerequisites", ["wait", "reference"])
def test_one_mistake_costs_its_own_question(
    wrong_fisher: Path, tmp_path: Path, prerequisites: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graded by command; a second run of the same command finds nothing left to do."""
    monkeypatch.setattr(import_module("grading.cli.grade"), "scheduler_of", lambda *_: pool)
    out, questions = tmp_path / "out", "2.2.15,2.2.16,2.2.17"
    command = ["grade", str(wrong_fisher), "--out", str(out), "--experiments", "never", "--questions", questions]
    for _ in range(2):
        ended = CliRunner().invoke(app, [*command, "--prerequisites", prerequisites])
        assert ended.exit_code == 0, ended.output
    run = Run.reopen(out)
    (entry,) = run.gradebook.handed_in()
    assert not run.jobs(run.course.select(questions.split(",")))
    outcomes = run.standing(entry.content).outcomes
    assert outcomes["2.2.16/fisher_is_the_covariance_of_the_score"].state is State.FAILED
    shared = outcomes["2.2.17/loss_and_fisher_share_a_convention"]
    descent = outcomes["2.2.15/natural_gradient_solves_the_fisher_system"]
    if prerequisites == "wait":
        assert (shared.state, shared.waits_for, descent.state) == (State.NOT_RUN, "2.2.16", State.FAILED)
    else:
        assert (shared.state, descent.state) == (State.PASSED, State.PASSED)


def test_a_training_that_was_not_asked_for_changes_no_seat() -> None:
    """What is kept for a check does not depend on experiments that were not run."""
    course = load()
    without = {
        name: outcome(name, True)
        for name, (_, check) in course.manifest().items()
        if Conditions(experiments=Experiments.NEVER).runs(check)
    }
    for name, (_, check) in course.manifest().items():
        assert Judge(course, dict(without)).seat(check, reference=True) == Seat(), name
