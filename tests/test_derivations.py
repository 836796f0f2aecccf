"""Every question that asks for a derivation: its displayed equations are read and its steps decided.

Rung: symbolic.  A step is refuted only with a counterexample and accepted only with a proof or, failing that, 200
random models (`derivations`); what cannot be read or decided is put before a human, never guessed.  False positives 0.
"""

from __future__ import annotations

import pytest

from derivations.check import check_document
from derivations.report import Equation, Step
from grading.assignment import load
from grading.claims import NeedsHuman, Refuted
from grading.submission import Missing, Submission

ASKED = [q.number for q in load().questions if any(check.name == "derivation" for check in q.checks)]


@pytest.mark.parametrize("number", [pytest.param(n, marks=pytest.mark.question(n)) for n in ASKED])
def test_derivation(submission: Submission, number: str) -> None:
    """No step under the question's heading is refuted."""
    report = check_document(submission.answers(), question=number)
    if not report.equations:
        raise Missing(f"answers.md has no displayed equation ($$ ... $$) under a heading with {number}")
    first = report.first_wrong(number)
    if first is not None:
        raise refusal(*first)
    open_ends = [f"line {e.line}: {e.problem or 'a step is undecided'}" for e in report.equations if not settled(e)]
    if open_ends:
        raise NeedsHuman("a human has to look at " + "; ".join(open_ends))


def settled(equation: Equation) -> bool:
    """Read, and every step decided."""
    return equation.is_read and all(step.verdict not in ("undecided", "unread") for step in equation.steps)


def refusal(equation: Equation, number: int) -> Refuted:
    """The first wrong step, with its counterexample and, where one was verified, its repair."""
    step = equation.steps[number - 1]
    tag = f" ({equation.tag})" if equation.tag else ""
    return Refuted(
        f"answers.md, line {equation.line}, equation{tag}, step {number}: this does not hold:\n"
        f"{step.left} {step.relation} {step.right}\n{step.evidence}",
        mistake=repair_of(step),
        example=(step.counterexample or {}).get("rerun", ""),
    )


def repair_of(step: Step) -> str:
    """The verified small edit that makes the step right, in words."""
    return (step.repair or {}).get("says", "")
