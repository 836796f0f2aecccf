"""The bundled worked solution: its mistakes are found and named, and none is found where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.verdict import judge as judging
from grading.verdict.outcome import Outcome, State

ROOT = Path(__file__).parents[2]
FILES = ("test_normal_gamma", "test_bbvi", "test_control_variates", "test_gamma", "test_natural_gradient")


class Outcomes:
    """A pytest plugin that keeps the outcome of every check."""

    def __init__(self) -> None:
        self.by_check: dict[str, Outcome] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        """Listen to the session's judge."""
        from grading.pytest_plugin import JUDGE

        judge: judging.Judge = config.stash[JUDGE]
        judge.publish = lambda outcome: self.by_check.__setitem__(outcome.check, outcome)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """Of the checks of 1.2.4 to 2.2.17 on the worked solution."""
    kept = Outcomes()
    folder = ROOT / "grading" / "examples" / "worked_solution"
    files = [str(ROOT / "tests" / f"{name}.py") for name in FILES]
    pytest.main(["-q", "-p", "no:cacheprovider", "--submission", str(folder), *files], plugins=[kept])
    return kept.by_check


def test_the_right_questions_fail(outcomes: dict[str, Outcome]) -> None:
    """1.2.4 has two signs wrong in the score, 2.2.15 inverts the Jacobian wrongly, 2.2.17 takes beta as a rate.

    What rests on the score waits for it; all else is right.
    """
    failed = {check.partition("/")[0] for check, outcome in outcomes.items() if outcome.state is State.FAILED}
    assert failed == {"1.2.4", "2.2.15", "2.2.17"}
    waiting = {outcome.waits_for for outcome in outcomes.values() if outcome.state is State.NOT_RUN}
    assert waiting <= {"1.2.4", "1.2.5"}
    ended = [outcome for outcome in outcomes.values() if outcome.check.startswith(("2.2.14", "2.2.16"))]
    assert ended and all(outcome.state is State.PASSED for outcome in ended)


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("1.2.4/score_is_the_gradient_of_log_q", "psi(a_N) and log b_N have the opposite signs"),
        ("2.2.15/natural_gradient_solves_the_fisher_system", "J is not its own inverse"),
        ("2.2.17/loss_is_the_mean_of_minus_the_log_density", "beta is used as a rate"),
        ("2.2.17/loss_gradient_is_its_derivative", "beta is used as a rate"),
        ("2.2.17/loss_and_fisher_share_a_convention", "takes beta as a rate"),
    ],
)
def test_the_mistake_is_named(outcomes: dict[str, Outcome], check: str, name: str) -> None:
    """The feedback says what was done, not only that a number differs."""
    assert name in outcomes[check].mistake


def test_the_published_control_variate_is_recognised(outcomes: dict[str, Outcome]) -> None:
    """It passes, and the report says that its mean is biased at finite S."""
    variant = outcomes["2.2.13/scaling_is_published_or_unbiased"].evidence["variant"]
    assert "published" in str(variant) and "biased" in str(variant)
