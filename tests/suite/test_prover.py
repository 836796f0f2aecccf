"""The prover: what it proves is true, and a near miss of it is refuted by the models, not merely left unproved."""

from __future__ import annotations

import pytest

from derivations.contexts import context_of
from derivations.decide import decide as engine
from derivations.models.refuter import find_counterexample
from derivations.prover import decide
from derivations.prover.prove import prove
from derivations.reader import read_relation
from derivations.repair import candidates
from derivations.verdict import Status

W = r"\frac{p(X, Z_k)}{q(Z_k|X)}"
KL_T = r"KL(q(x_T|x_0) || p(x_T))"
KL_STEP = r"KL(q(x_{t-1}|x_t, x_0) || p_\theta(x_{t-1}|x_t))"
BOUND = r"\mathbb{E}_q[-\log \frac{p_\theta(x_{0:T})}{q(x_{1:T}|x_0)}]"
Q_SCORE = r"\nabla_{\lambda_3} \log q_{\lambda_3}(z)"
GRADIENT = r"\nabla_{\lambda_3} \mathcal{L}(\lambda)"
LIKELIHOOD = r"\sum_{n=1}^N \log p(x_n|z, y_n)"
LOG_JOINT = r"\log p(x|z) + \log p(z)"
TOTAL = rf"\nabla_\phi [{LOG_JOINT} - \log q_\phi(z|x)]"
SCORE = r"\nabla_\phi \log q_\phi(z|x)"

# (question, true claim, false claim one slip away)
PAIRS = [
    # the evidence lower bound
    ("1.1.1", r"\log p(X) = \mathcal{L}(q) + KL(q(Z) || p(Z|X))", r"\log p(X) = \mathcal{L}(q) + KL(p(Z|X) || q(Z))"),
    ("1.1.1", r"\mathcal{L}(q) \le \log p(X)", r"\mathcal{L}(q) \ge \log p(X)"),
    ("1.1.1", r"KL(q(Z) || p(Z|X)) \ge 0", r"KL(q(Z) || p(X|Z)) \ge 0"),
    ("1.1.1", r"\mathbb{E}_{q(Z)}[\log p(X, Z)] \le \log p(X) - H(q(Z)) + H(q(Z)) + \mathbb{E}_{q(Z)}[\log q(Z)]",
     r"\mathbb{E}_{q(Z)}[\log p(X, Z)] \le \log p(X)"),  # true of probabilities, not of densities
    # the mean-field optimum
    ("1.1.3", r"\mathcal{L}(q) = \mathbb{E}_q[\log p(X, Z)] - \mathbb{E}_{q_1(Z_1)}[\log q_1(Z_1)] + C",
     r"\mathcal{L}(q) = \mathbb{E}_q[\log p(X, Z)] + C"),
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)] + C",
     r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)]"),
    ("1.1.3", r"\frac{\partial}{\partial q_1(Z_1)} \mathbb{E}_{q_1(Z_1)}[\log q_1(Z_1)] = \log q_1(Z_1) + 1",
     r"\frac{\partial}{\partial q_1(Z_1)} \mathbb{E}_{q_1(Z_1)}[\log q_1(Z_1)] = \log q_1(Z_1)"),
    # importance weighting, for every K
    ("2.1.10", rf"p(X) = \mathbb{{E}}_{{Z_1, \dots, Z_K}}[\frac{{1}}{{K}} \sum_{{k=1}}^K {W}]",
     rf"p(X) = \mathbb{{E}}_{{Z_1, \dots, Z_K}}[\sum_{{k=1}}^K {W}]"),
    ("2.1.10", r"\mathcal{L}_K(q) \le \log p(X)", r"\mathcal{L}_K(q) \ge \log p(X)"),
    ("2.1.11", r"\mathcal{L}_K(q) \ge \mathcal{L}_1(q)", r"\mathcal{L}_K(q) \le \mathcal{L}_1(q)"),
    ("2.1.11", r"\mathcal{L}_{K+1}(q) \ge \mathcal{L}_K(q)", r"\mathcal{L}_{K+1}(q) \le \mathcal{L}_K(q)"),
    ("2.1.11", r"\mathcal{L}_1(q) = \mathcal{L}(q)", r"\mathcal{L}_2(q) = \mathcal{L}(q)"),
    # Rao-Blackwellization, for every N
    ("2.1.12", rf"{GRADIENT} = \mathbb{{E}}_q[{Q_SCORE} ({LIKELIHOOD} + \log p(z|v) - \log q_{{\lambda_3}}(z))]",
     rf"{GRADIENT} = \mathbb{{E}}_q[{Q_SCORE} ({LIKELIHOOD} - \log q_{{\lambda_3}}(z))]"),
    ("2.1.12", rf"\mathbb{{E}}_q[{Q_SCORE} \log p(v)] = 0", rf"\mathbb{{E}}_q[{Q_SCORE} \log p(z|v)] = 0"),
    ("2.1.12", r"p(z|v) = p(z|v, w_1, w_2)", r"p(z|v) = p(z|v, x)"),
    # scores and paths
    ("3.1.22", rf"\mathbb{{E}}_{{q_\phi(z|x)}}[{SCORE}] = 0", rf"\mathbb{{E}}_{{p(z|x)}}[{SCORE}] = 0"),
    ("3.1.22", rf"\mathbb{{E}}_{{q_\phi(z|x)}}[({SCORE})^2] = -\mathbb{{E}}_{{q_\phi(z|x)}}[\nabla_\phi {SCORE}]",
     rf"\mathbb{{E}}_{{q_\phi(z|x)}}[({SCORE})^2] = \mathbb{{E}}_{{q_\phi(z|x)}}[\nabla_\phi {SCORE}]"),
    ("3.1.21", rf"{TOTAL} = \nabla_z [{LOG_JOINT} - \log q_\phi(z|x)] \nabla_\phi t(\epsilon, \phi) - {SCORE}",
     rf"{TOTAL} = \nabla_z [\log p(x|z) - \log q_\phi(z|x)] \nabla_\phi t(\epsilon, \phi) - {SCORE}"),
    ("3.1.21", r"\nabla_z \log p(z|x) = \nabla_z \log p(x, z)", r"\nabla_z \log p(z|x) = \nabla_z \log p(x|z)"),
    # the diffusion bound, for every T
    ("4.1.26", rf"\mathbb{{E}}[-\log p_\theta(x_0)] \le {BOUND}", rf"\mathbb{{E}}[-\log p_\theta(x_0)] \ge {BOUND}"),
    ("4.1.26", rf"{BOUND} = \mathbb{{E}}_q[{KL_T} + \sum_{{t > 1}} {KL_STEP} - \log p_\theta(x_0|x_1)]",
     rf"{BOUND} = \mathbb{{E}}_q[{KL_T} + \sum_{{t \ge 1}} {KL_STEP} - \log p_\theta(x_0|x_1)]"),
    ("4.1.26", rf"\mathbb{{E}}_q[{KL_STEP}] = \mathbb{{E}}_{{q(x_t, x_0)}}[{KL_STEP}]",
     rf"\mathbb{{E}}_q[{KL_STEP}] = \mathbb{{E}}_{{q(x_{{t-1}}, x_0)}}[{KL_STEP}]"),
    ("4.1.26", r"\sum_{t > 1} \log \frac{q(x_{t-1}|x_0)}{q(x_t|x_0)} = \log q(x_1|x_0) - \log q(x_T|x_0)",
     r"\sum_{t \ge 1} \log \frac{q(x_{t-1}|x_0)}{q(x_t|x_0)} = \log q(x_1|x_0) - \log q(x_T|x_0)"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "latex"), [(question, true) for question, true, _ in PAIRS])
def test_the_true_claim_is_proved(question: str, latex: str) -> None:
    """A proof, not only support, and its rules are named."""
    context = context_of(question)
    verdict = decide(read_relation(latex, context), context)
    assert verdict.status is Status.PROVED, str(verdict)
    assert verdict.rule


@pytest.mark.parametrize(("question", "latex"), [(question, false) for question, _, false in PAIRS])
def test_the_near_miss_is_refuted(question: str, latex: str) -> None:
    """A counterexample, and no rule proves it: the prover alone stays silent."""
    context = context_of(question)
    relation = read_relation(latex, context)
    assert decide(relation, context).status is Status.REFUTED
    assert prove(relation, context) is None


@pytest.mark.parametrize(("question", "latex"), [(question, true) for question, true, _ in PAIRS[::3]])
def test_nothing_false_is_proved_among_small_edits(question: str, latex: str) -> None:
    """Prover and models are independent: of all small edits of a claim, none is both proved and refuted."""
    context = context_of(question)
    edited = [relation for _, relation in candidates(read_relation(latex, context), context)]
    for relation in edited[::7]:
        if prove(relation, context) is not None:
            assert find_counterexample(relation, context)[0] is None, str(relation)


FOR_EACH = {
    r"\mathbb{E}_{q(x_{1:T}|x_0)}[\log p(x_T)] = \mathbb{E}_{q(x_T|x_0)}[\log p(x_T)]": True,
    r"\mathbb{E}_{q(x_T|x_0)}[\log q(x_T)] = \mathbb{E}_{q(x_T)}[\log q(x_T)]": False,  # on average alone
    r"\mathbb{E}_{q(x_1|x_0)}[\log q(x_0)] = \log q(x_0)": False,  # true, but q(x_0) is not free in it
    r"\log q(x_T|x_0) = \log q(x_T)": False,
}


@pytest.mark.parametrize("latex", FOR_EACH)
def test_what_holds_for_data_of_every_density_holds_for_each_data_point(latex: str) -> None:
    """Only where nothing in the statement depends on the density of the data."""
    context = context_of("4.1.26")
    rules = prove(read_relation(latex, context), context)
    assert any("each data point" in rule for rule in rules or ()) is FOR_EACH[latex]


def test_two_parameters_of_one_density_are_not_one() -> None:
    """What holds only where q_lambda is q_phi is not proved, and what fails even there is refuted."""
    context = context_of("3.1.22")
    same = read_relation(r"KL(q_\phi(z|x) \| q_\lambda(z|x)) = 0", context)
    other = read_relation(r"KL(q_\phi(z|x) \| q_\lambda(z|x)) = 1", context)
    assert [engine(one, context).status for one in (same, other)] == [Status.UNDECIDED, Status.REFUTED]


def test_a_strict_inequality_is_not_supported_by_models() -> None:
    """L < log p(X) fails where q is the posterior, which no random model shows: that is left undecided."""
    context = context_of("1.1.1")
    verdict = decide(read_relation(r"\mathcal{L}(q) < \log p(X)", context), context)
    assert verdict.status is Status.UNDECIDED
