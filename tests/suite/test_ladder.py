"""Every check says on which rung of the ladder it stands, and those that draw random numbers say how often they err.

What a docstring says is compared with what the check does: only the checks on the last rung use Monte Carlo
assertions, as many as stated, of the stated effects.
"""

from __future__ import annotations

import inspect
import re

import pytest

from grading.montecarlo import Budget
from grading.submission import InProcess, Submission
from tests.suite.corpus import ROOT
from tests.suite.killing import RunnableCheck, all_checks

RUNG = re.compile(r"Rung: (symbolic|pathwise|exact expectation|Monte Carlo)([.,:].*)", re.DOTALL)
DERIVED = [check for check in all_checks() if check.name != "derivation"]


def rung_of(check: RunnableCheck) -> tuple[str, str]:
    """The rung, and what the docstring says of it."""
    found = RUNG.search(inspect.getdoc(check.function) or "")
    assert found, f"the docstring of {check.identifier} should end in 'Rung: pathwise, ...' or another rung"
    return found[1], " ".join(found[2].split())


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.identifier)
def test_every_check_names_its_rung(check: RunnableCheck) -> None:
    """With a reason where it could stand lower."""
    rung, reason = rung_of(check)
    assert rung in ("symbolic", "pathwise") or "by " in reason or "because " in reason, reason


@pytest.mark.parametrize("check", DERIVED, ids=lambda check: check.identifier)
def test_only_the_last_rung_draws(check: RunnableCheck) -> None:
    """A Monte Carlo check errs no more often, and finds no larger an effect, than its docstring says."""
    rung, said = rung_of(check)
    budget = Budget()
    assert check.verdict(Submission(InProcess(ROOT)), examples=2, budget=budget) is None
    assert (budget.assertions > 0) == (rung == "Monte Carlo")
    if rung == "Monte Carlo":
        stated = re.search(r"fails with probability at most (\S+?)[:;.]? ", said)
        assert stated and budget.spent == pytest.approx(float(stated[1]))
        for result in budget.results:
            assert set(re.findall(r"\d+\.\d+", result.effect)) & set(re.findall(r"\d+\.\d+", said)), result.effect
            assert f"1 - {result.beta:g}" in said
