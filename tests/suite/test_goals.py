"""Goals: what gets a derivation's points and what does not, and that no goal gives its answer away."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from derivations.check import check_document
from derivations.contexts import context_of
from derivations.decide import decide
from derivations.goals.found import Found
from derivations.goals.goal import Goal, State
from derivations.goals.shown import Shown
from derivations.reader import read_relation
from grading.assignment import load
from grading.assignment.catalogue import PAGES

TEXTS = tomllib.loads((Path(__file__).parent / "goal_texts.toml").read_text())["texts"]
GOALS = [(number, goal) for number, goals in load().goals().items() for goal in goals]


def document(question: str, text: str) -> str:
    """Displays separated by blank lines, and prose after `text:`, as Markdown under the question's heading."""
    blocks = [block.strip() for block in text.strip().split("\n\n")]
    written = [b.removeprefix("text:") if b.startswith("text:") else f"$$\n{b}\n$$" for b in blocks]
    return f"## {question}\n\n" + "\n\n".join(written)


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: f"{case['question']} {case['name']}")
def test_what_is_made_of_a_text(case: dict[str, Any]) -> None:
    """Each goal of the question's page, in order."""
    report = check_document(document(case["question"], case["text"]), goals=load().goals())
    assert all(equation.is_read for equation in report.equations)
    assert [finding.state.value for finding in report.goals] == case["states"]


def test_every_question_with_a_derivation_has_a_goal_and_texts_for_and_against_it() -> None:
    """Each question is in the table with a text that reaches all goals and one that reaches none."""
    asked = {q.number for q in load().questions if any(check.name == "derivation" for check in q.checks)}
    states = [(case["question"], set(case["states"])) for case in TEXTS]
    assert asked == {number for number, _ in GOALS}
    assert asked == {number for number, found in states if found == {"reached"}}
    assert asked == {number for number, found in states if found == {"not found"}}


def test_lists_and_very_long_answers_are_no_trouble() -> None:
    """A list is no side of a chain; more steps than can be compared are for a human."""
    text = document("1.1.1", "(Z, X) = (Z, X)\n\n" + "\n\n".join(f"{n} = {n}" for n in range(60)))
    (finding,) = check_document(text, goals=load().goals()).goals
    assert finding.state is State.UNDECIDED and "more than 50 steps" in finding.words
    (finding,) = check_document(document("1.1.1", "(Z, X) = (Z, X)"), goals=load().goals()).goals
    assert finding.state is State.NOT_FOUND


def test_a_context_of_ones_own_is_not_measured_by_the_question() -> None:
    """What names mean there is not what the goals mean."""
    front = '+++\n[contexts."1.1.1"]\nvariables = ["X", "Z"]\n+++\n'
    text = front + document("1.1.1", r"p(X) = \int p(X, Z) dZ")
    assert check_document(text, goals=load().goals()).goals == ()


@pytest.mark.parametrize(("number", "goal"), GOALS, ids=lambda value: getattr(value, "says", value))
def test_a_goal_is_no_answer(number: str, goal: Goal) -> None:
    """What is to be found is not written in the form that is asked for; what is to be shown needs a derivation."""
    context = context_of(number)
    if goal.find:
        found = Found(goal, context, context, decide)
        assert not found.is_form(found.quantity)
    else:
        assert Shown(read_relation(goal.show, context), context).gap != 0


def test_goals_have_no_misspelt_keys() -> None:
    """A key that is not one of a goal's would be passed over in silence."""
    known = {field.name for field in fields(Goal)}
    pages = [tomllib.loads(path.read_text()) for path in PAGES.glob("*.toml")]
    assert all(set(goal) <= known for page in pages for goal in page.get("goals", ()))
    with pytest.raises(ValueError, match="either show or find"):
        Goal(says="nothing")
