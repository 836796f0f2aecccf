"""Every question that asks for a derivation: its equations are read, its steps decided, and they get to the goal.

A step is refuted only with a counterexample and accepted only with a proof or, failing that, 200
random models (`derivations`); what cannot be read or decided is put before a human, never guessed.  What the question
wants to see derived stands in its page as `goals`; a closed form may stand in answers.py instead.  False positives 0.
"""

from __future__ import annotations

import pytest

from grading.assignment import load
from grading.assignment.question import DERIVATION
from grading.submission import Submission

ASKED = [q.number for q in load().questions if any(check.name == DERIVATION for check in q.checks)]


@pytest.mark.parametrize("number", [pytest.param(n, marks=pytest.mark.question(n)) for n in ASKED])
def test_derivation(submission: Submission, number: str) -> None:
    """No step under the question's heading is refuted, and steps that hold reach each of its goals.

    Rung: symbolic: a step is refuted only with a counterexample.
    """
    from tests.derivation import judge  # sympy takes a second to import, and every question's run comes by here

    judge(submission, number)
