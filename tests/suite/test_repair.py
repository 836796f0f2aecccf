"""Diagnosis by repair: the slip is named, and the repaired line was verified."""

from __future__ import annotations

from time import monotonic

import pytest

from derivations.context import Context
from derivations.contexts import context_of
from derivations.decide import decide
from derivations.language import Relation
from derivations.reader import read_relation
from derivations.repair import find_repair
from derivations.verdict import Status, Verdict, undecided

GRADIENT = r"\nabla_{\lambda_3} \mathcal{L}(\lambda) = \mathbb{E}_q[\nabla_{\lambda_3} \log q_{\lambda_3}(z)"
CHAIN = r"L = \mathbb{E}_q[-\log p(x_T) - \sum_{%s} \log \frac{p_\theta(x_{t-1}|x_t)}{q(x_t|x_{t-1})}]"
STEP = r"\mathbb{E}_q[KL(q(x_{t-1}|x_t, x_0) || p_\theta(x_{t-1}|x_t))]"

# (question, a refuted line, words its diagnosis contains)
SLIPS = [
    ("1.1.1", r"\log p(X) = \mathcal{L}(q) - KL(q(Z) || p(Z|X))", "the sign of"),
    ("1.1.1", r"\log p(X) = \mathbb{E}_{q(Z)}[\frac{\log p(X, Z)}{q(Z)}] + KL(q(Z) || p(Z|X))", "the whole fraction"),
    ("1.1.1", r"\log p(X) = \mathcal{L}(q) + KL(p(Z|X) || q(Z))", "arguments of KL are exchanged"),
    ("1.1.1", r"\mathcal{L}(q) \ge \log p(X)", "inequality is turned around"),
    ("1.1.1", r"\mathcal{L}(q) = \mathbb{E}_{q(Z)}[\log p(X|Z)] - KL(q(Z) || p(Z|X))", "p"),
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)]", "additive constant"),
    ("2.1.10", r"p(X) = \mathbb{E}_{Z_1, \dots, Z_K}[\sum_{k=1}^K \frac{p(X, Z_k)}{q(Z_k|X)}]", r"\frac{1}{K}"),
    ("2.1.12", GRADIENT + r" (\sum_{n=1}^N \log p(x_n|z, y_n) - \log q_{\lambda_3}(z))]", r"p(z \mid v)"),
    ("2.2.15", r"F(\alpha, \beta)^{-1} = J^T F(\eta)^{-1} J", "J"),
    ("4.1.26", CHAIN % "t > 1", "starts at $1$"),
    ("4.1.26", r"L_0 = \log p_\theta(x_0|x_1)", "the sign is changed"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "latex", "words"), SLIPS)
def test_the_slip_is_named(question: str, latex: str, words: str) -> None:
    """The line is refuted, and the edit that mends it is told and holds."""
    context = context_of(question)
    relation = read_relation(latex, context)
    assert decide(relation, context).status is Status.REFUTED
    repair = find_repair(relation, context)
    assert repair is not None
    assert words in repair.edit
    assert repair.status.holds
    assert decide(repair.relation, context).holds
    assert str(repair).startswith("this line becomes an identity if") or relation.sign.value != "="


def test_no_repair_is_claimed_for_a_line_that_is_not_a_slip() -> None:
    """Nothing small makes log p(X) equal to the entropy of q twice over."""
    context = context_of("1.1.1")
    assert find_repair(read_relation(r"\log p(X) = 2 H(q(Z)) + 7", context), context) is None


def test_the_search_ends() -> None:
    """No edits find nothing; the first one mends a bound that is turned around; after the deadline nothing is tried."""
    context = context_of("1.1.1")
    turned = read_relation(r"\mathcal{L}(q) \ge \log p(X)", context)
    assert find_repair(turned, context, edits=0) is None
    assert find_repair(turned, context, edits=1) is not None
    assert find_repair(turned, context, deadline=monotonic()) is None


def test_the_search_is_bounded_by_edits_and_not_by_time() -> None:
    """Each edit is decided once, and a slow engine is asked as often as a fast one."""
    context = context_of("2.2.17")
    line = r"\mathcal{L}(\alpha, \beta) = \log\Gamma(\alpha) - 3 \alpha \log\beta + \frac{7}{N} \sum_i x_i + 5/\alpha"
    asked: list[Relation] = []

    def never(relation: Relation, _context: Context) -> Verdict:
        asked.append(relation)
        return undecided("not asked")

    assert find_repair(read_relation(line, context), context, never, edits=20) is None
    assert len(asked) == len(set(asked)) == 20
