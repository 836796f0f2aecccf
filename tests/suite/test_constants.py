r"""Up to a constant: constant in what?

A constant is constant in what the sides vary in, $Z_1$ in $\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)] + C$. Any
two numbers differ by one, so between numbers it says nothing: no such step is decided, and none reaches a goal.
"""

from __future__ import annotations

import pytest

from derivations.constants import without_constants
from derivations.contexts import context_of
from derivations.decide import decide
from derivations.language import Relation, Sign
from derivations.models.concrete import concrete
from derivations.models.varying import free_variables
from derivations.reader import read_expression, read_relation
from derivations.verdict import Status
from tests.suite.written import BAD, GOOD, verdicts

SAYS_NOTHING = [
    ("1.1.1", r"\log p(X) = \mathcal{L}(q) + KL(q(Z) \| p(Z|X)) + C"),
    ("1.1.1", r"\log p(X) = \mathcal{L}(q) + KL(q(Z) \| p(Z|X)) + 3 \log p(X) + C"),
    ("1.1.1", r"\log p(X) = \mathcal{L}(q) - KL(q(Z) \| p(Z|X)) + C"),
    ("1.1.1", r"KL(q(Z) \| p(Z|X)) = -\mathcal{L}(q) + \text{const}"),
    ("1.1.1", r"p(X) \propto \mathcal{L}(q)"),
    ("1.1.1", r"p(X) = C \int q(Z) dZ"),
    ("1.1.1", r"\log p(X, Z) \le \log p(Z|X) + C"),
    ("1.1.3", r"\log p(X) = 7 + C"),
    ("2.1.10", r"\mathcal{L}_K(q) \le \log p(X) + C"),
    ("2.1.10", r"\mathcal{L}_K(q) = 2 \log p(X) + C"),
    ("2.1.11", r"\mathcal{L}_K(q) \ge \mathbb{E}_{Z_1, \dots, Z_K}[\frac{1}{K} \sum_{k=1}^K \log W_k] + C"),
    ("2.1.12", r"\nabla_{\lambda_3} \mathcal{L}(\lambda) = \mathbb{E}_q[\nabla_{\lambda_3} \log q_{\lambda_3}(z)] + C"),
    (
        "2.1.12",
        r"\nabla_{\lambda_3} \mathcal{L}(\lambda) \propto \mathbb{E}_q[\nabla_{\lambda_3} \log q_{\lambda_3}(z)]",
    ),
    ("2.2.15", r"\tilde{\nabla}_\theta \mathcal{L}(\theta) = J F(\eta)^{-1} J^T \nabla_\theta \mathcal{L}(\theta) + C"),
    ("3.1.22", r"\mathbb{E}_{q_\phi(z|x)}[\nabla_\phi \log q_\phi(z|x)] = C"),
    ("3.1.22", r"\mathbb{E}_{q_\phi(z|x)}[\nabla_\phi \log q_\phi(z|x)] = 5 + C"),
    ("4.1.26", r"L = \mathbb{E}_q[L_T + \sum_{t>1} L_{t-1} + 2 L_0] + C"),
]

SAYS_SOMETHING = [
    ("1.1.1", r"\log p(Z|X) = \log p(X, Z) + C", True),
    ("1.1.1", r"\log p(Z|X) = \log p(X|Z) + C", False),
    ("1.1.1", r"p(Z|X) \propto p(X|Z) p(Z)", True),
    ("1.1.1", r"p(Z|X) = C \, p(X, Z)", True),
    ("1.1.1", r"p(Z|X) = C \, p(X|Z)", False),
    ("1.1.3", r"\mathcal{L}(q) = \mathbb{E}_{q_1(Z_1)}[\mathbb{E}_{-Z_1}[\log p(X, Z)] - \log q_1(Z_1)] + C", True),
    ("1.1.3", r"\mathcal{L}(q) = \mathbb{E}_{q_1(Z_1)}[\mathbb{E}_{-Z_1}[\log p(X, Z)] - 2 \log q_1(Z_1)] + C", False),
    ("1.1.3", r"\mathcal{L}(q) = 5 + C", False),
    ("1.1.3", r"\mathcal{L}(q) = -KL(q_1(Z_1) \| q_1^*(Z_1)) + C", True),
    ("1.1.3", r"\mathcal{L}(q) = -2 KL(q_1(Z_1) \| q_1^*(Z_1)) + C", False),
    ("1.1.3", r"\mathcal{L}(q) = -KL(q_2(Z_2) \| q_2^*(Z_2)) + C", False),
    ("1.1.3", r"q_1^*(Z_1) = C \exp(\mathbb{E}_{-Z_1}[\log p(X, Z)])", True),
    ("1.1.3", r"q_1^*(Z_1) = \frac{1}{C} \exp(\mathbb{E}_{-Z_1}[\log p(X, Z)])", True),
    ("1.1.3", r"q_1^*(Z_1) = \exp(\mathbb{E}_{-Z_1}[\log p(X, Z)] + C)", True),
    ("1.1.3", r"q_1^*(Z_1) = C \exp(\mathbb{E}_{-Z_2}[\log p(X, Z)])", False),
    ("2.1.10", r"\log W_k = 5 + C", False),
    ("2.2.14", r"\log p(x|\alpha, \beta) = (\alpha - 1) \log x - \frac{x}{\beta} + C", True),
    ("2.2.14", r"\log p(x|\alpha, \beta) = (\alpha - 1) \log x - \beta x + C", False),
    ("2.2.14", r"p(x|\alpha, \beta) = C x^{\alpha - 1} e^{-x/\beta}", True),
    ("2.2.14", r"A(\eta) = \log\Gamma(\eta_1 + 1) - (\eta_1 + 1) \log(-\eta_2) + C", True),
    ("2.2.14", r"A(\eta) = \log\Gamma(\eta_1 + 1) + C", False),
    (
        "2.2.17",
        r"\mathcal{L}(\alpha, \beta) = \alpha \log\beta + \frac{1}{N} \sum_n [\frac{x_n}{\beta} - \alpha \log x_n] + C",
        False,
    ),
    ("4.1.26", r"\log q(x_{1:T}|x_0) = 5 + C", False),
    ("4.1.26", r"\log q(x_{1:T}|x_0) = \sum_{t=1}^T \log q(x_t|x_{t-1}) + C", True),
]


@pytest.mark.parametrize(("question", "latex"), SAYS_NOTHING)
def test_between_numbers_a_constant_says_nothing(question: str, latex: str) -> None:
    """Such a step is neither proved nor refuted, whatever stands beside the constant."""
    context = context_of(question)
    assert decide(read_relation(latex, context), context).status is Status.UNDECIDED


@pytest.mark.parametrize(("question", "latex", "holds"), SAYS_SOMETHING)
def test_a_constant_is_constant_in_what_the_sides_vary_in(question: str, latex: str, holds: bool) -> None:
    """The argument of a density or a function, or a density that a bound is a functional of."""
    context = context_of(question)
    verdict = decide(read_relation(latex, context), context)
    assert verdict.status is not Status.UNDECIDED
    assert verdict.holds is holds


def test_a_constant_stays_one_in_a_name() -> None:
    """A function that is introduced with a constant is known up to that constant, and to nothing more."""
    assert verdicts("1.1.1", r"g(Z) = C p(X, Z)", r"p(Z|X) = g(Z)")[1] in GOOD
    assert verdicts("1.1.1", r"g(Z) = C p(X|Z)", r"p(Z|X) = g(Z)")[1] in BAD
    density = r"p(x|\alpha, \beta) = g(x)"
    assert verdicts("2.2.14", r"g(x) = C x^{\alpha - 1} e^{-x/\beta}", density)[1] in GOOD
    assert verdicts("2.2.14", r"g(x) = C x^{\alpha - 1} e^{-x\beta}", density)[1] in BAD


def test_free_variables_are_those_that_nothing_is_over() -> None:
    """An expectation, a divergence and an integral bind; what a measure is conditioned on stays free."""
    context = context_of("1.1.3")

    def free(latex: str) -> set[str]:
        return set(map(str, free_variables(concrete(read_expression(latex, context), context, {}))))

    assert free(r"\mathbb{E}_{-Z_1}[\log p(X, Z)]") == {"X", "Z[1]"}
    assert free(r"\mathbb{E}_{q(Z)}[\log p(X, Z)] + \int p(X, Z_1) dZ_1") == {"X"}
    assert free(r"KL(q_1(Z_1) \| p(Z_1|X))") == {"X"}
    assert free(r"\mathbb{E}_{p(Z_2|X)}[\log q_1(Z_1) + \log q_2(Z_2)]") == {"X", "Z[1]"}


def test_constants_are_taken_out_as_terms_or_as_factors() -> None:
    """A factor leaves a proportionality; a constant alone on a side is a term."""
    context = context_of("1.1.1")

    def bare(latex: str) -> Relation:
        return without_constants(read_relation(latex, context), context)

    assert bare(r"\log p(Z) = \log p(X, Z) - C") == bare(r"\log p(Z) \stackrel{+}{=} \log p(X, Z)")
    assert bare(r"p(Z) = C^2 p(X, Z)") == bare(r"p(Z) \propto p(X, Z)")
    assert bare(r"\log p(Z) = C").sign is Sign.EQUAL_UP_TO_CONSTANT
