"""Every question that asks for a derivation: its equations are read, its steps decided, and they get to the goal.

A step is refuted only with a counterexample and accepted only with a proof or, failing that, 200
random models (`derivations`); what cannot be read or decided is put before a human, never guessed.  What the question
wants to see derived stands in its page as `goals`.  False positives 0.
"""

from __future__ import annotations

import pytest

from derivations.check import check_document
from derivations.goals.goal import Finding, State
from derivations.report import Equation, Step
from grading.assignment import load
from grading.claims import NeedsHuman, Refuted
from grading.submission import Missing, Submission

GOALS = load().goals()
ASKED = [q.number for q in load().questions if any(check.name == "derivation" for check in q.checks)]


@pytest.mark.parametrize("number", [pytest.param(n, marks=pytest.mark.question(n)) for n in ASKED])
def test_derivation(submission: Submission, number: str) -> None:
    """No step under the question's heading is refuted, and steps that hold reach each of its goals.

    Rung: symbolic: a step is refuted only with a counterexample.
    """
    report = check_document(submission.answers(), question=number, goals=GOALS)
    if not report.equations:
        raise Missing(f"answers.md has no displayed equation ($$ ... $$) under a heading with {number}")
    first = report.first_wrong(number)
    if first is not None:
        raise refusal(*first)
    open_ends = [f"line {e.line}: {e.problem or 'a step is undecided'}" for e in report.equations if not settled(e)]
    if open_ends:
        raise NeedsHuman("a human has to look at " + "; ".join(open_ends))
    if GOALS.get(number) and not report.goals:
        raise NeedsHuman("answers.md brings a context of its own: a human has to see whether it gets to the goal")
    missed = [finding for finding in report.goals if finding.state is not State.REACHED]
    if any(finding.state is State.NOT_FOUND for finding in missed):
        raise Refuted("every step holds, but the question asks for more:\n" + "\n".join(map(line_of, missed)))
    if missed:
        raise NeedsHuman("a human has to look at the goal: " + "; ".join(map(line_of, missed)))


def settled(equation: Equation) -> bool:
    """Read, and every step decided."""
    return equation.is_read and all(step.verdict not in ("undecided", "unread") for step in equation.steps)


def line_of(finding: Finding) -> str:
    """`not found: the log prior in closed form (no step gives it)`."""
    return f"{finding.state}: {finding.goal.says} ({finding.words})"


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
