r"""Exact moments of the Normal, Gamma and Gumbel families: powers, logarithms, exponentials and their products.

Each family has a generating function, of which the moment is a derivative:

* Normal(m, v):   E[x^n e^{tx}] = ∂ⁿ/∂tⁿ exp(m t + v t²/2);
* Gamma(a, b):    E[x^s (log x)^k e^{tx}] = b^a / Γ(a) · ∂ᵏ/∂sᵏ [Γ(a+s) (b-t)^{-(a+s)}], for a + s > 0 and t < b;
* Gumbel(m, s):   E[x^n e^{tx}] = ∂ⁿ/∂tⁿ [e^{m t} Γ(1 - s t)], for s t < 1.

So E[score] = 0 and Fisher = E[score scoreᵀ] are identities, not averages of samples.
"""

from __future__ import annotations

import sympy
from sympy import Dummy, Expr, Integer, Pow, exp, gamma, log

from derivations import language as lang
from derivations.closed_form.canonical import explicit, normal


class NoMoment(ValueError):
    """The expectation is not among those with a known closed form; the message names the term."""


def moment(expression: Expr, family: lang.Family) -> Expr:
    """E[expression] over `family.point`, exactly and in nats where it is a log. Raises `NoMoment`."""
    point = family.point
    opened = sympy.expand(normal(explicit(sympy.sympify(expression))), log=False, power_base=False)
    total = Integer(0)
    for term in sympy.Add.make_args(opened):
        constant, monomial = term.as_independent(point, as_Add=False)
        total += constant * (Integer(1) if monomial == 1 else _monomial(monomial, family))
    return total


def _monomial(monomial: Expr, family: lang.Family) -> Expr:
    """The moment of x^s (log x)^k e^{tx}."""
    point = family.point
    power, logs, rate = Integer(0), Integer(0), Integer(0)
    for factor in sympy.Mul.make_args(monomial):
        base, exponent = (factor, Integer(1)) if isinstance(factor, exp) else factor.as_base_exp()
        if base == point and not exponent.has(point):
            power += exponent
        elif base == log(point) and exponent.is_Integer and exponent > 0:
            logs += exponent
        elif isinstance(factor, exp) and (slope := _slope(factor.exp, point)) is not None:
            rate += slope
        else:
            raise NoMoment(f"no closed form is known for the mean of {factor} under {type(family).__name__}")
    return _derivative_of_generating_function(family, power, logs, rate)


def _slope(exponent: Expr, point: Expr) -> Expr | None:
    slope = sympy.cancel(exponent / point)
    return None if slope.has(point) else slope


def _derivative_of_generating_function(family: lang.Family, power: Expr, logs: Expr, rate: Expr) -> Expr:
    _, first, second = family.args
    if isinstance(family, lang.Gamma):
        s = Dummy("s", positive=True)
        transform = gamma(first + s) * Pow(second - rate, -(first + s))
        return second**first / gamma(first) * sympy.diff(transform, s, logs).subs(s, power)
    if logs != 0 or not (power.is_Integer and power >= 0):
        raise NoMoment(f"no closed form is known for this power or logarithm under {type(family).__name__}")
    t = Dummy("t", real=True)
    transform = {
        lang.Normal: exp(first * t + second * t**2 / 2),
        lang.Gumbel: exp(first * t) * gamma(1 - second * t),
    }[type(family)]
    return sympy.diff(transform, t, power).subs(t, rate)
