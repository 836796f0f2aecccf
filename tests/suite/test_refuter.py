"""The refuter: its models obey the context, its derivatives are exact, its counterexamples can be run again."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from sympy import Symbol

from derivations.contexts import context_of
from derivations.language import E, Gradient, Marginal, Relation, Sign, Variable, densities, equal, log, variables
from derivations.models import both_sides
from derivations.models.build import build
from derivations.models.concrete import concrete
from derivations.models.dual import Dual, exp, parts
from derivations.models.refuter import SUPPORT, claim_of, cost_of, find_counterexample, holds_exactly
from derivations.models.sizes import cases
from derivations.models.tables import EXACT, FLOAT
from derivations.prover import decide
from derivations.reader import read_relation
from derivations.verdict import Status

X, Z = variables("X Z")
p, q = densities("p q")


def test_conditionals_are_those_of_the_joint() -> None:
    """p(Z | X) times p(X) is p(X, Z), entry by entry, and p(X, Z) integrates to one."""
    sides = (p(X, Z), p(Z | X) * p(X), Marginal(p(X, Z), (X, Z)))
    model = build(sides, context_of("1.1.1"), {}, range(20), FLOAT)
    joint, product, total = (model.value(side) for side in sides)
    np.testing.assert_allclose(joint, product, rtol=1e-12)
    np.testing.assert_allclose(total, 1, rtol=1e-12)


def test_densities_may_exceed_one() -> None:
    """As those of continuous variables do; otherwise log p <= 0 would support false inequalities."""
    model = build((p(X, Z),), context_of("1.1.1"), {}, range(20), FLOAT)
    values = model.value(p(X, Z))
    assert values.max() > 1 > values.min()


def test_a_chain_forgets_but_its_reverse_remembers() -> None:
    """q(x_2 | x_1, x_0) = q(x_2 | x_1) on every model; q(x_1 | x_2, x_0) = q(x_1 | x_2) on none."""
    x = [Variable("x", i) for i in range(4)]
    forward, same = q(x[2] | x[1], x[0]), q(x[2] | x[1])
    backward, other = q(x[1] | x[2], x[0]), q(x[1] | x[2])
    model = build(
        (forward, same, backward, other),
        context_of("4.1.26"),
        {Symbol("T", integer=True, positive=True): 3},
        range(12),
        FLOAT,
    )
    np.testing.assert_allclose(model.value(forward), model.value(same) + 0 * model.value(forward), rtol=1e-10)
    gaps = abs(model.value(backward) - model.value(other)).reshape(12, -1).max(axis=1)
    assert (gaps > 1e-6).all()


def test_the_gradient_is_the_limit_of_differences() -> None:
    """The tangent of E_q[log p] in a parameter against a central difference with step 1e-20 in 60 digits."""
    phi = Symbol("phi", real=True)
    context = context_of("3.1.22")
    mean = concrete(E[q[phi](Z | X)](log(p(X, Z))), context, {})
    with mpmath.workdps(60):
        model = build((mean, Gradient(mean, phi)), context, {}, range(3), EXACT)
        slope, here, step = model.value(Gradient(mean, phi)), model.parameters[phi], mpmath.mpf(10) ** -20
        values = []
        for sign in (1, -1):
            model.parameters[phi] = here + sign * step
            model._memo.clear()
            values.append(model.value(mean))
        error = abs((values[0] - values[1]) / (2 * step) - slope).max()
    assert error < 1e-35


def test_nested_levels_do_not_mix() -> None:
    """d/dx [x · d/dy (x + y)] is 1, where confusing the two perturbations gives 2 (Siskind and Pearlmutter)."""
    x = Dual(1, 3.0, 1.0)
    inner = parts(x + Dual(2, 5.0, 1.0), 2)[1]
    assert parts(x * inner, 1)[1] == 1.0


def test_the_exponential_differentiates_to_itself() -> None:
    """Twice, through two levels."""
    x = Dual(2, Dual(1, np.array(0.5), np.array(1.0)), np.array(1.0))
    second = parts(parts(exp(x), 2)[1], 1)[1]
    assert abs(second - np.exp(0.5)) < 1e-15


NEAR_MISSES = [
    ("1.1.1", r"\log p(X) = \mathbb{E}_{q(Z)}[\frac{\log p(X, Z)}{q(Z)}] + KL(q(Z)||p(Z|X))"),  # log placement
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)]"),  # a missing constant
    # an index range
    ("4.1.26", r"L = \mathbb{E}_q[-\log p(x_T) - \sum_{t > 1} \log \frac{p_\theta(x_{t-1}|x_t)}{q(x_t|x_{t-1})}]"),
    ("4.1.26", r"\mathbb{E}_q[L_0] = \mathbb{E}_{q(x_0)}[L_0]"),  # the variable of the expectation
    ("1.1.1", r"\log p(X) = (1 + 10^{-9}) (\mathcal{L}(q) + KL(q(Z)||p(Z|X)))"),  # 1e-9 off
]


@pytest.mark.parametrize(("question", "latex"), NEAR_MISSES)
def test_a_counterexample_runs_again(question: str, latex: str) -> None:
    """Both sides' numbers come out the same from the seed and sizes the counterexample names."""
    context = context_of(question)
    relation = read_relation(latex, context)
    verdict = decide(relation, context)
    assert verdict.status is Status.REFUTED
    found = verdict.counterexample
    assert found is not None
    assert found.left != found.right
    assert len(found.rerun.splitlines()) == 3
    shown = eval(
        found.rerun.splitlines()[-1].removeprefix("print"),
        {"both_sides": both_sides, "relation": relation, "context": context},
    )
    assert shown == (found.left, found.right)


def test_a_difference_below_double_precision_is_still_seen() -> None:
    """One part in 10^20 escapes the screening and not the 60 digits."""
    context = context_of("1.1.1")
    relation = read_relation(r"p(X) = (1 + 10^{-20}) \int p(X, Z) dZ", context)
    assert find_counterexample(relation, context)[0] is None
    assert holds_exactly(relation, context)[0] is not None


def test_a_gradient_in_nothing_is_not_zero_on_both_sides() -> None:
    """A parameter that no density has makes a claim meaningless, not true."""
    phi = Symbol("phi", real=True)
    claim = equal(Gradient(E[q(Z)](log(p(X, Z))), phi), Gradient(log(p(X)), phi))
    verdict = decide(claim, context_of("1.1.1"))
    assert verdict.status is Status.UNDECIDED


def test_what_the_context_does_not_say_is_undecided() -> None:
    """An expectation under a letter without a meaning is not guessed."""
    claim = Relation(E["r"](log(p(X, Z))), Sign.EQUAL, log(p(X)))
    assert decide(claim, context_of("1.1.1")).status is Status.UNDECIDED


def test_support_is_bounded_by_what_is_computed() -> None:
    """Half of the numbers that 200 models take give half of the models, on any machine."""
    context = context_of("1.1.1")
    relation = read_relation(r"\log p(X) = \mathcal{L}(q) + KL(q(Z) \| p(Z|X))", context)
    each = cost_of(claim_of(relation, context), context, next(cases(relation, context)))
    assert holds_exactly(relation, context) == (None, SUPPORT)
    assert holds_exactly(relation, context, numbers=SUPPORT * each // 2) == (None, SUPPORT // 2)
    assert holds_exactly(relation, context, numbers=0) == (None, 0)
