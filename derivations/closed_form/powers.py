"""Logarithms, exponentials and powers in one form: products taken apart, as far as positivity allows.

Every logarithm is read where it is real, so log(f g) = log |f| + log |g|, whatever the signs; |f| is f where f is known
to be positive. A power splits over a product only at factors known to be positive.
"""

from __future__ import annotations

import sympy
from sympy import Integer, Product, Sum, exp, gamma, log, loggamma

from derivations.closed_form.sums import normal_sum


def factors(expression: sympy.Expr) -> list[tuple[sympy.Expr, sympy.Expr]]:
    """`expression` as a product of (base, exponent), sums factored, integers taken apart into primes."""
    expression = sympy.together(expression)
    found: list[tuple[sympy.Expr, sympy.Expr]] = []
    for factor in sympy.Mul.make_args(expression):
        base, exponent = factor.as_base_exp() if not isinstance(factor, exp) else (factor, Integer(1))
        if base.is_Rational and not base.is_Integer:
            found += [(b, e * exponent) for b, e in factors(base.p) + [(b, -e) for b, e in factors(base.q)]]
        elif base.is_Integer and base > 1:
            found += [(Integer(p), k * exponent) for p, k in sympy.factorint(base, limit=10_000).items()]
        elif base.is_Add or base.is_Mul:
            found += _factored_sum(base, exponent)
        else:
            found.append((base, exponent))
    return [(base, exponent) for base, exponent in found if base != 1]


def _factored_sum(base: sympy.Expr, exponent: sympy.Expr) -> list[tuple[sympy.Expr, sympy.Expr]]:
    """The factors of a sum, its numerical content apart, each with its power."""
    factored = sympy.factor(base)
    if factored.is_Add:
        content, primitive = factored.primitive()
        own = [(primitive, exponent)]
        return own if content == 1 else [(b, e * exponent) for b, e in factors(content)] + own
    return [(b, e * exponent) for b, e in factors(factored)]


def normal_log(argument: sympy.Expr) -> sympy.Expr:
    """log |argument| as a sum over the factors of the argument."""
    return sympy.Add(*(exponent * _log_of(base) for base, exponent in factors(argument)))


def _log_of(base: sympy.Expr) -> sympy.Expr:
    """log |base| of one irreducible factor."""
    if base == -1:
        return Integer(0)
    if isinstance(base, exp):
        return base.exp
    if isinstance(base, gamma):
        return loggamma(base.args[0])
    if isinstance(base, Product):
        inner = normal_log(base.function)
        for limit in base.limits:
            inner = normal_sum(Sum(inner, limit))
        return inner
    return log(sympy.Abs(base))


def normal_power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """base ** exponent with positive factors of the base, and terms of the exponent, taken apart."""
    if exponent.is_Integer:
        return sympy.Pow(base, exponent)
    inside, outside = Integer(1), Integer(1)
    for factor, power in factors(base):
        if factor.is_positive:
            outside *= _by_terms(factor, sympy.expand(power * exponent))
        else:
            inside *= factor**power
    return outside * (Integer(1) if inside == 1 else _by_terms(inside, sympy.expand(exponent)))


def _by_terms(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """A power split into one for each term of its exponent."""
    if isinstance(base, exp):
        return normal_exp(base.exp * exponent)
    if isinstance(base, gamma) or exponent.is_Rational:
        return base**exponent
    return sympy.Mul(*(base**term for term in sympy.Add.make_args(exponent)))


def normal_exp(argument: sympy.Expr) -> sympy.Expr:
    """exp of a sum as a product; a multiple of a logarithm becomes a power, of loggamma a power of gamma."""
    return sympy.Mul(*(_exp_of(term) for term in sympy.Add.make_args(sympy.expand(argument))))


def _exp_of(term: sympy.Expr) -> sympy.Expr:
    """exp(c log x) as x^c."""
    logs = [factor for factor in sympy.Mul.make_args(term) if isinstance(factor, log | loggamma)]
    if len(logs) != 1 or not logs[0].args[0].is_positive:
        return exp(term)
    rest = term / logs[0]
    base = logs[0].args[0] if isinstance(logs[0], log) else gamma(logs[0].args[0])
    return _by_terms(base, sympy.expand(rest))
