"""The library of true derivations: every step is proved, and every question that asks for a derivation has one."""

from __future__ import annotations

from collections import Counter

import pytest
from sympy import latex

from derivations.contexts import questions
from derivations.decide import decide
from derivations.language import Constant, Relation, Sign
from derivations.topics import TOPICS, Derivation, gamma, of_question
from derivations.topics.show import check, show
from derivations.verdict import Status

DERIVATIONS = [derivation for derivations in TOPICS.values() for derivation in derivations]
WITHOUT_DERIVATION = {"4.2.28"}  # an experiment; its mathematics is that of 4.2.27
QUESTIONS = [number for number in questions() if number not in WITHOUT_DERIVATION]

# Steps of which there is no proof by rules yet, with the reason why the evidence is random models.
ONLY_SUPPORTED = {
    "Jensen, with equality where the fraction is constant: at q_1*":
        "the prover has no normal form for the exponential of an expectation under a logarithm",
}  # fmt: skip


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda d: d.title)
def test_every_step_is_proved(derivation: Derivation) -> None:
    """Each line follows from the one before it, by a proof; the exceptions are listed with their reason."""
    for (relation, reason), verdict in zip(derivation.steps, derivation.verify(), strict=True):
        allowed = {Status.PROVED, Status.SUPPORTED} if reason in ONLY_SUPPORTED else {Status.PROVED}
        assert verdict.status in allowed, f"{reason}: {relation}\n{verdict}"


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda d: d.title)
def test_no_line_looks_like_the_one_before(derivation: Derivation) -> None:
    """What sympy cancels as it is written down is no step that a reader could see; a value at a point is one."""
    steps = [(relation, reason) for relation, reason in derivation.steps if not relation.left.is_number]
    assert [reason for relation, reason in steps if latex(relation.left) == latex(relation.right)] == []


@pytest.mark.parametrize("number", QUESTIONS)
def test_every_question_has_a_derivation(number: str) -> None:
    """No question that asks for mathematics is without its derivation."""
    assert of_question(number)


def test_titles_are_unique() -> None:
    """A derivation is found by its title."""
    counts = Counter(derivation.title for derivation in DERIVATIONS)
    assert counts.most_common(1)[0][1] == 1


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda d: d.title)
def test_a_changed_line_is_not_proved(derivation: Derivation) -> None:
    """One more on one side of an equality, or half as much again of a matrix, does not hold: the proofs can fail."""
    equalities = (r for r, _ in derivation.steps if r.sign is Sign.EQUAL and not r.right.has(Constant))
    relation = next(equalities, None)
    if relation is None or (not relation.right.is_commutative and "zero" in derivation.title):
        pytest.skip("only inequalities, or a matrix of zeros")
    right = relation.right + 1 if relation.right.is_commutative else relation.right * 3 / 2
    assert not decide(Relation(relation.left, relation.sign, right), derivation.context).holds


def test_what_a_reader_sees_is_typeset_and_runs_again() -> None:
    r"""$\psi_1$, $\log\Gamma$ and densities as papers write them; the lines of a counterexample stand on their own."""
    shown = show(gamma.MEAN_STEPS)._repr_markdown_() + show(gamma.fisher_steps(gamma.SCALE))._repr_markdown_()
    assert r"\log\Gamma" in shown and r"\psi_{1}" in shown and "polygamma" not in shown and r"\text{Gamma}" in shown
    wrong = check(r"KL(q(Z) || p(Z|X)) = \int q(Z) \log \frac{p(Z|X)}{q(Z)} dZ", "1.1.1").verdict.counterexample
    assert wrong is not None
    exec(wrong.rerun, {})
