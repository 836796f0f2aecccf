"""Known slips in closed forms and derivations: the right line is accepted, the wrong one refuted.

The engine's side of the mutant corpus: `slips.toml` holds, for each slip, the name a teacher would give it and what a
student should read.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from derivations.check import check_document

SLIPS = tomllib.loads((Path(__file__).parent / "slips.toml").read_text())["slips"]
ACCEPTED = {"proved", "supported"}


def verdicts(question: str, latex: str) -> list[str]:
    """What the engine says of each step of one displayed line under a question."""
    report = check_document(f"## Question {question}\n\n$$\n{latex}\n$$")
    assert [equation.problem for equation in report.equations] == [None]
    return [str(step.verdict) for step in report.steps]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip['question']} {slip['name']}")
def test_the_slip_is_refuted_and_the_right_line_accepted(slip: dict[str, str]) -> None:
    right, wrong = (verdicts(slip["question"], slip[side]) for side in ("right", "wrong"))
    assert right and set(right) <= ACCEPTED
    assert "refuted" in wrong


def test_slips_are_named_once() -> None:
    """A name and a message for each, no name twice in a question."""
    assert all(slip["name"] and slip["message"].endswith(".") for slip in SLIPS)
    assert max(Counter((slip["question"], slip["name"]) for slip in SLIPS).values()) == 1
