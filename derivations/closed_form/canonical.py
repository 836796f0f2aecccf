"""A proof that a closed form is zero: bring it to a quotient of polynomials in independent generators.

Bottom up, sums over data are made linear (`sums`), logs and powers are taken apart (`powers`), the Gamma family is
reduced (`special`); what is left is rational in symbols, logarithms, exponentials, radicals, Gamma functions and
sums over data. Such an expression is zero when its numerator is the zero polynomial, modulo r^q = b for radicals.
"""

from __future__ import annotations

import math

import sympy
from sympy import Derivative, Dummy, Integer, Pow, Product, Sum, exp, gamma, log, loggamma, polygamma

from derivations.closed_form.powers import factors, normal_exp, normal_log, normal_power
from derivations.closed_form.special import FAMILY, unify
from derivations.closed_form.sums import normal_product, normal_sum


def explicit(expression: sympy.Expr) -> sympy.Expr:
    """Derivatives carried out, decimals as exact fractions, log Γ and products of numbers in their own names."""
    expression = expression.xreplace({f: sympy.Rational(str(f)) for f in expression.atoms(sympy.Float)})
    while expression.atoms(Derivative):
        done = expression.replace(lambda node: isinstance(node, Derivative), lambda node: node.doit(deep=False))
        if done == expression:
            break
        expression = done
    return expression


OPAQUE = (sympy.Indexed, Derivative, sympy.Subs)  # derivatives that are left are of functions without a formula


def normal(expression: sympy.Expr) -> sympy.Expr:
    """The normal form of `expression`, built from the normal forms of its parts."""
    return take_apart(unify(take_apart(expression)))


def take_apart(expression: sympy.Expr) -> sympy.Expr:
    """`expression` with sums over data made linear and logs, exponentials and powers of products taken apart."""
    if not expression.args or isinstance(expression, OPAQUE):
        return expression
    if isinstance(expression, Sum | Product):
        inner = expression.func(take_apart(expression.function), *expression.limits)
        return normal_sum(inner) if isinstance(expression, Sum) else normal_product(inner)
    parts = [take_apart(part) for part in expression.args]
    if isinstance(expression, log):
        return normal_log(parts[0])
    if isinstance(expression, exp):
        return normal_exp(parts[0])
    if isinstance(expression, Pow):
        return normal_power(*parts)
    if isinstance(expression, FAMILY):
        parts[-1] = sympy.expand(sympy.cancel(parts[-1]))
    return expression.func(*parts)


def is_zero(expression: sympy.Expr) -> bool:
    """Whether the normal form of `expression` is identically zero; False means only "not shown"."""
    opened = explicit(expression)
    reduced = normal(opened)
    reduced = reduced.xreplace(_positive_where_real(opened, reduced))
    if reduced == 0:
        return True
    polynomial, relations = _as_rational(reduced)
    numerator = sympy.expand(sympy.fraction(sympy.together(polynomial))[0])
    for radical, degree, base in relations:
        numerator = _modulo(numerator, radical, degree, base)
    return numerator == 0


def _positive_where_real(expression: sympy.Expr, reduced: sympy.Expr) -> dict[sympy.Expr, sympy.Expr]:
    """|f| in the normal form is f, if a logarithm or root of f was taken: both sides are real."""
    sizes = reduced.atoms(sympy.Abs)
    if not sizes:
        return {}
    roots = {node.base for node in expression.atoms(Pow) if not node.exp.is_integer}
    arguments = roots | {node.args[0] for node in expression.atoms(log)}
    unknown = [[base for base, _ in factors(f) if not base.is_positive] for f in map(take_apart, arguments)]
    positive = {bases[0] for bases in unknown if len(bases) == 1}
    return {size: f for size in sizes for f in (size.args[0], -size.args[0]) if f in positive}


def _modulo(numerator: sympy.Expr, radical: Dummy, degree: int, base: sympy.Expr) -> sympy.Expr:
    """`numerator` with radical^degree replaced by its base, over a common denominator."""
    if not numerator.has(radical):
        return numerator
    total = Integer(0)
    for (power,), coefficient in sympy.Poly(numerator, radical).terms():
        total += coefficient * base ** (power // degree) * radical ** (power % degree)
    return sympy.expand(sympy.fraction(sympy.together(total))[0])


def _as_rational(expression: sympy.Expr) -> tuple[sympy.Expr, list[tuple[Dummy, int, sympy.Expr]]]:
    """`expression` with a symbol for each generator, and the relations (r, q, b) of its radicals, r^q = b."""
    expression = expression.replace(lambda node: isinstance(node, exp), _split_exponential)
    exponents = _fractional_powers(expression)
    generators = {base: Dummy(positive=bool(base.is_positive)) for base in exponents}
    units = {base: math.lcm(*(int(e.q) for e in found)) for base, found in exponents.items()}
    expression = _substitute(expression, generators, units)
    relations = [
        (generators[base], units[base], _substitute(base, generators, units))
        for base in exponents
        if base.is_Add or base.is_Integer or not base.is_positive
    ]
    return expression, relations


def _split_exponential(node: sympy.Expr) -> sympy.Expr:
    """exp(c m) as a power c of the generator exp(m), with c rational."""
    coefficient, monomial = node.exp.as_coeff_Mul()
    return Pow(_Exponential(monomial), coefficient)


class _Exponential(sympy.Function):
    """exp(m) as an independent generator, which sympy will not recombine."""

    @classmethod
    def eval(cls, *_: sympy.Expr) -> None:
        """Nothing is rewritten."""
        return None

    def _eval_is_positive(self) -> bool:
        return True


def _fractional_powers(expression: sympy.Expr) -> dict[sympy.Expr, list[sympy.Rational]]:
    """For each base of a non-integer power, all its rational exponents; a symbolic exponent is part of the base."""
    found: dict[sympy.Expr, list[sympy.Rational]] = {}
    for node in expression.atoms(Pow):
        coefficient, monomial = node.exp.as_coeff_Mul()
        if not node.exp.is_Integer:
            base = node.base if monomial == 1 else Pow(node.base, monomial, evaluate=False)
            found.setdefault(base, []).append(coefficient)
    return found


_ATOMS = (log, gamma, loggamma, polygamma, Sum, Product, _Exponential, sympy.Indexed)


def _substitute(
    expression: sympy.Expr, generators: dict[sympy.Expr, Dummy], units: dict[sympy.Expr, int]
) -> sympy.Expr:
    """`expression` as a rational function; a generator g of base b with unit u stands for b^(1/u)."""
    if isinstance(expression, Pow):
        coefficient, monomial = expression.exp.as_coeff_Mul()
        base = expression.base if monomial == 1 else Pow(expression.base, monomial, evaluate=False)
        if base in generators and not (expression.exp.is_Integer and base.is_Add):
            return generators[base] ** (coefficient * units[base])
    if expression in generators and not (expression.is_Add or expression.is_Integer):
        return generators[expression] ** units[expression] if expression.is_positive else expression
    if isinstance(expression, sympy.Add | sympy.Mul | Pow):
        return expression.func(*(_substitute(part, generators, units) for part in expression.args))
    return expression
