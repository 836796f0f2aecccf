"""What an answer's derivation earns: points, nothing, or a look by a human, for texts of goal_texts.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.submission import InProcess, Submission
from grading.verdict.claims import NeedsHuman, Refuted
from tests.derivation import judge as derivation
from tests.suite.test_goals import TEXTS, document

NOTHING = [  # definitions, trivial identities, idle true steps, a wrong step
    ("1.1.1", "a triviality"),
    ("1.1.1", "definitions only"),
    ("1.1.1", "the question's statement, without a step that leads to it"),
    ("1.1.1", "another true decomposition"),
    ("1.1.1", "the divergence from the prior for the one from the posterior"),
    ("2.1.10", "unbiased weights, no inequality"),
    ("2.1.12", "one factor too many"),
    ("2.2.16", "a wrong matrix, by a name of one's own"),
    ("3.1.22", "q integrates to one"),
    ("4.1.26", "the terms by name, and no more"),
]
A_LOOK = [  # a constant that says nothing; every step holds, and they are about all of the goal
    ("1.1.1", "three times log p(X) too much, and a constant"),
    ("1.1.1", "the divergence subtracted, and a constant"),
    ("2.1.10", "a bound, and a constant"),
    ("2.1.11", "a bound from below, and a constant"),
    ("2.1.12", "no likelihood, and a constant"),
    ("2.1.12", "five times as much, and a constant"),
    ("3.1.22", "a constant for zero"),
    ("3.1.22", "five, and a constant"),
    ("4.1.26", "a term twice, and a constant"),
    ("1.1.1", "the pieces, not put together"),
    ("2.2.17", "with a derivative that is left"),
    ("2.2.16", "the right matrix, by a name of one's own"),
    ("1.1.3", "of a factor that is not called the optimal one"),
    ("2.1.11", "with weights that the text turns upside down"),
    ("2.1.11", "both below the evidence, so the one below the other"),
]
POINTS = [
    ("1.1.1", "with the joint as likelihood times prior"),
    ("1.1.1", "with a q that knows X"),
    ("1.1.1", "with parameters of both densities"),
    ("1.1.3", "with a constant factor"),
    ("2.2.15", "with the inverse Jacobian entry by entry"),
    ("3.1.22", "for a density of z alone"),
    ("4.1.26", "for one data point"),
    ("2.2.14", "with the base measure 1/x"),
]


def handed_in(folder: Path, question: str, name: str) -> Submission:
    """A submission with this text of the table."""
    (text,) = (case["text"] for case in TEXTS if (case["question"], case["name"]) == (question, name))
    (folder / "answers.md").write_text(document(question, text))
    return Submission(InProcess(folder))


@pytest.mark.parametrize(("question", "name"), NOTHING)
def test_steps_that_lead_nowhere_earn_nothing(tmp_path: Path, question: str, name: str) -> None:
    """They are true, or one is refuted, and no human is asked."""
    with pytest.raises(Refuted):
        derivation(handed_in(tmp_path, question, name), question)


@pytest.mark.parametrize(("question", "name"), A_LOOK)
def test_what_is_not_decided_or_not_recognised_is_for_a_human(tmp_path: Path, question: str, name: str) -> None:
    """It neither passes nor costs the points."""
    with pytest.raises(NeedsHuman):
        derivation(handed_in(tmp_path, question, name), question)


@pytest.mark.parametrize(("question", "name"), POINTS)
def test_another_notation_earns_the_points(tmp_path: Path, question: str, name: str) -> None:
    """Nothing is raised."""
    derivation(handed_in(tmp_path, question, name), question)
