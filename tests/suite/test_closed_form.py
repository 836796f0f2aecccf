"""Explicit formulas: the engine never hangs, its counterexamples run again, its moments are those of quadrature."""

from __future__ import annotations

import contextlib
import io
import signal
import time
from threading import Timer

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Integer, Rational, Symbol, digamma, exp, log, loggamma, polygamma, sqrt

from derivations.closed_form import decide, moment
from derivations.closed_form.canonical import is_zero, normal
from derivations.closed_form.worker import WORKER
from derivations.context import Context
from derivations.language import Family, Gamma, Gumbel, IndexedSum, Normal, Relation, Sign, Variable, equal
from derivations.verdict import Status

a, b, t = (Symbol(name, positive=True) for name in "abt")
r = Symbol("r", real=True)
i, N = Symbol("i", integer=True), Symbol("N", integer=True, positive=True)
x_i = Variable("x", i)
CONTEXT = Context("plain", variables=frozenset({"x"}), integers=frozenset({"N"}))


def status(left: Expr, right: Expr, sign: Sign = Sign.EQUAL) -> Status:
    """The status of one relation."""
    return decide(Relation(left, sign, right), CONTEXT).status


IDENTITIES = [
    (digamma(a + 1), digamma(a) + 1 / a),
    (loggamma(a + 3) - loggamma(a + 1), log(a + 1) + log(a + 2)),
    (polygamma(1, 2 * a), (polygamma(1, a) + polygamma(1, a + Rational(1, 2))) / 4),
    (loggamma(3 * a), loggamma(a) + loggamma(a + Rational(1, 3)) + loggamma(a + Rational(2, 3))
     - log(2 * sympy.pi) + (3 * a - Rational(1, 2)) * log(3)),
    (sympy.gamma(N + 1), sympy.factorial(N)),
    (1 / (1 + exp(-a)), exp(a) / (1 + exp(a))),
    (log(exp(a) + exp(b)), a + log(1 + exp(b - a))),
    (sqrt(a * b) * sqrt(a), a * sqrt(b)),
    (IndexedSum((x_i - r) ** 2, i, 1, N), IndexedSum(x_i**2, i, 1, N) - 2 * r * IndexedSum(x_i, i, 1, N) + N * r**2),
    (IndexedSum(x_i, i, 2, N), IndexedSum(x_i, i, 1, N) - Variable("x", 1)),
    (IndexedSum(x_i - Variable("x", i - 1), i, 1, N), Variable("x", N) - Variable("x", 0)),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), IDENTITIES, ids=lambda side: str(side)[:40])
def test_identities_are_proved_and_near_misses_refuted(left: Expr, right: Expr) -> None:
    """The identity is proved; with 1e-9 more on one side it is refuted, and so is a factor of 1 + 1e-9."""
    assert status(left, right) is Status.PROVED
    assert status(left, right + Rational(1, 10**9)) is Status.REFUTED
    assert status(left, right * (1 + Rational(1, 10**9))) is Status.REFUTED


@pytest.mark.parametrize("terms", [0, 1, 2, 3])
def test_asymptotic_series_are_refuted(terms: int) -> None:
    """Stirling's series is no identity, however many of its terms are taken."""
    corrections = [1 / (12 * a), -1 / (360 * a**3), 1 / (1260 * a**5)]
    series = (a - Rational(1, 2)) * log(a) - a + log(2 * sympy.pi) / 2 + sum(corrections[:terms])
    assert status(loggamma(a), series) is Status.REFUTED


@pytest.mark.parametrize(("left", "right"), [(loggamma(a), a * log(a) - a), (IndexedSum(x_i, i, 1, N), N * r)])
def test_counterexamples_run_again(left: Expr, right: Expr) -> None:
    """The three lines print the two numbers of the verdict."""
    counterexample = decide(equal(left, right), CONTEXT).counterexample
    assert counterexample is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(counterexample.rerun, {})
    numbers = [mpmath.mpf(word) for word in printed.getvalue().split()]
    assert mpmath.almosteq(numbers[0], mpmath.mpf(counterexample.left), rel_eps=1e-12)
    assert mpmath.almosteq(numbers[1], mpmath.mpf(counterexample.right), rel_eps=1e-12)


def test_a_hanging_proof_is_killed() -> None:
    """The worker is stopped when the time is up; what the points say remains, and a new worker answers next."""
    status(a, a + 1)  # warm
    huge = sympy.Mul(*((a + b + t + k) ** 40 for k in range(1, 12)))
    start = time.monotonic()
    verdict = decide(equal(huge * (a + 1), huge * a + huge), CONTEXT, seconds=2.0)
    assert verdict.holds or verdict.status is Status.UNDECIDED
    assert time.monotonic() - start < 60  # two seconds of the processor, on a busy machine
    assert status(log(a * b), log(a) + log(b)) is Status.PROVED


def test_a_killed_worker_is_replaced() -> None:
    """A worker that died between two claims costs nothing but its start."""
    WORKER.stop()
    assert status(exp(a) * exp(b), exp(a + b)) is Status.PROVED


def test_towers_of_exponents_are_harmless() -> None:
    """A number with more digits than atoms in the world is never computed."""
    tower = a
    for _ in range(6):
        tower = sympy.Pow(10, tower, evaluate=False)
    assert decide(equal(tower, Integer(1)), CONTEXT).status in (Status.UNDECIDED, Status.REFUTED)


def test_sides_that_are_real_at_different_places() -> None:
    """log r² = 2 log r where both are real, but √r² is not r."""
    assert status(log(r**2), 2 * log(r)) is Status.PROVED
    assert status(sqrt(r**2), r) is Status.REFUTED
    assert status(log(1 + a), log(-1 - a)) is Status.REFUTED  # the right side is never real


def test_inequalities() -> None:
    """Proved by sign, concavity or tangent; refuted the other way round; strict where an equality occurs."""
    assert status((a - b) ** 2, Integer(0), Sign.AT_LEAST) is Status.PROVED
    assert status(log(a), a - 1, Sign.AT_MOST) is Status.PROVED
    assert status(log((a + b) / 2), (log(a) + log(b)) / 2, Sign.AT_LEAST) is Status.PROVED
    assert status(log(a), a - 1, Sign.AT_LEAST) is Status.REFUTED
    assert status(a, a, Sign.LESS) is Status.REFUTED


def test_up_to_a_constant_depends_on_what_varies() -> None:
    """A term in the variable is no constant, a term in a parameter is."""
    x = Variable("x")
    assert status(x**2 + a, x**2, Sign.EQUAL_UP_TO_CONSTANT) is Status.PROVED
    assert status(x**2 + a * x, x**2, Sign.EQUAL_UP_TO_CONSTANT) is Status.REFUTED
    assert status(a * exp(x), exp(x), Sign.PROPORTIONAL) is Status.PROVED


x = Symbol("x", real=True)
FAMILIES = [
    (Normal(x, Rational(3, 10), Rational(7, 5)), [x, x**2, x**3 * exp(x / 3), exp(-x / 2), (x - 1) ** 4]),
    (Gamma(x, Rational(5, 2), Rational(13, 10)), [x, log(x), x * log(x) ** 2, sqrt(x), 1 / x, x**2 * exp(x / 4)]),
    (Gumbel(x, Rational(1, 5), Rational(3, 4)), [x, x**2, x**3, exp(-x), x * exp(-x / 2)]),
]


@pytest.mark.parametrize(("family", "function"), [(f, g) for f, gs in FAMILIES for g in gs], ids=str)
def test_moments_are_those_of_quadrature(family: Family, function: Expr) -> None:
    """E[function] by the closed form and by numerical integration against the density, to 10 digits."""
    density = sympy.lambdify(x, function * exp(family.log_density), "mpmath")
    numeric = mpmath.quad(density, [0, 1, 4, 12, 40, 200] if isinstance(family, Gamma) else [-12, -2, 0, 2, 8, 20, 60])
    assert mpmath.almosteq(mpmath.mpf(moment(function, family).evalf(25)), numeric, rel_eps=1e-10)


FORMULAS = st.recursive(
    st.sampled_from([a, b, Integer(2), Rational(1, 3), digamma(a), loggamma(b + 1)]),
    lambda inner: st.one_of(
        st.builds(lambda f, g: f + g, inner, inner),
        st.builds(lambda f, g: f * g, inner, inner),
        st.builds(lambda f: log(f**2 + 1), inner),
    ),
    max_leaves=3,
)


@settings(max_examples=25, deadline=None)
@given(FORMULAS)
def test_the_normal_form_has_the_same_value(formula: Expr) -> None:
    """Rewriting changes no value: the one property from which the proofs take their soundness."""
    point = {a: Rational(17, 10), b: Rational(3, 5)}
    before, after = (mpmath.mpf(form.subs(point).evalf(30)) for form in (formula, normal(formula)))
    assert mpmath.almosteq(before, after, rel_eps=1e-14, abs_eps=1e-14)
    assert not is_zero(formula - formula - Rational(1, 10**9))


def test_a_busy_machine_changes_no_verdict() -> None:
    """A process that is not let run for two seconds still has all of its seconds of the processor."""
    claim = equal(polygamma(0, a + 1), polygamma(0, a) + 1 / a)
    assert decide(claim, CONTEXT, seconds=1.0).status is Status.PROVED
    process = WORKER._running()
    process.send_signal(signal.SIGSTOP)
    Timer(2.5, process.send_signal, [signal.SIGCONT]).start()
    assert decide(claim, CONTEXT, seconds=1.0).status is Status.PROVED
