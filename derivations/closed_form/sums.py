"""Sums and products over data in one form: linear in monomials, over one canonical index and range.

Σ_{i=1}^N (x_i - μ)² becomes Σ x_i² - 2 μ Σ x_i + N μ². Every range starts at 1 where its lower end is an
integer, and its upper end loses its integer part (the terms gained or lost are written out).
"""

from __future__ import annotations

import sympy
from sympy import Integer, Product, Sum

MAX_EXPLICIT = 30


def index_symbol(depth: int) -> sympy.Symbol:
    """The canonical index of a sum that contains sums of the given depth."""
    return sympy.Symbol(f"_i{depth}", integer=True, positive=True)


def depth(expression: sympy.Basic) -> int:
    """How deeply sums and products are nested in `expression`."""
    own = isinstance(expression, Sum | Product)
    return own + max((depth(argument) for argument in expression.args), default=0)


def normal_sum(expression: sympy.Expr) -> sympy.Expr:
    """Σ of an already normalised summand, split into monomials over the canonical range. One limit at a time."""
    summand = expression.function
    for index, low, high in expression.limits:
        canonical = index_symbol(depth(summand))
        summand = sympy.expand(summand.xreplace({index: canonical}))
        low, high = low.xreplace({index: canonical}), sympy.expand(high.xreplace({index: canonical}))
        summand = sympy.Add(*(_sum_term(term, canonical, low, high) for term in sympy.Add.make_args(summand)))
    return summand


def _sum_term(term: sympy.Expr, index: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> sympy.Expr:
    """Σ of one monomial: constants go out, and a monomial without the index is counted."""
    if (high - low).is_Integer and high - low < MAX_EXPLICIT:
        return sympy.Add(*(term.xreplace({index: low + k}) for k in range(int(high - low) + 1)))
    constant, monomial = term.as_independent(index, as_Add=False)
    if monomial == 1:
        return constant * (high - low + 1)
    offset = _offset(monomial, index)
    if offset != 0:
        monomial = sympy.expand(monomial.xreplace({index: index - offset}))
        return constant * normal_sum(Sum(monomial, (index, low + offset, high + offset)))
    if monomial.is_polynomial(index) and monomial.free_symbols == {index}:
        return constant * sympy.summation(monomial, (index, low, high))
    return constant * sympy.Add(*_aligned(monomial, index, low, high))


def _offset(monomial: sympy.Expr, index: sympy.Symbol) -> sympy.Expr:
    """The largest integer c for which an entry x_{i+c} of the data is read."""
    shifts = [entry.indices[0] - index for entry in monomial.atoms(sympy.Indexed) if entry.indices[0].has(index)]
    return max((shift for shift in shifts if shift.is_Integer), default=Integer(0))


def _aligned(monomial: sympy.Expr, index: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> list[sympy.Expr]:
    """The sum from 1 to the symbolic part of `high`, and the terms by which the range differed."""
    extra = high.as_coeff_Add()[0] if not high.is_Integer else Integer(0)
    first = low if low.is_Integer else Integer(1)
    if not extra.is_Integer or abs(extra) + abs(first) > MAX_EXPLICIT:
        return [Sum(monomial, (index, low, high))]
    base = high - extra
    start = Integer(1) if low.is_Integer else low
    above = [_signed(monomial.xreplace({index: base + k}), extra) for k in _between(extra)]
    below = [_signed(monomial.xreplace({index: Integer(k)}), 1 - first) for k in _between(first - 1)]
    return [Sum(monomial, (index, start, base)), *above, *below]


def _between(steps: sympy.Integer) -> range:
    """The offsets 1..steps that a longer range gains, or steps+1..0 that a shorter one loses."""
    return range(1, int(steps) + 1) if steps > 0 else range(int(steps) + 1, 1)


def _signed(term: sympy.Expr, steps: sympy.Integer) -> sympy.Expr:
    return term if steps > 0 else -term


def normal_product(expression: sympy.Expr) -> sympy.Expr:
    """Π of an already normalised factor: constants become powers, and factors are separated."""
    factor = expression.function
    for index, low, high in expression.limits:
        canonical = index_symbol(depth(factor))
        factor = sympy.powsimp(factor.xreplace({index: canonical}))
        factor = sympy.Mul(*(_product_term(f, canonical, low, high) for f in sympy.Mul.make_args(factor)))
    return factor


def _product_term(factor: sympy.Expr, index: sympy.Symbol, low: sympy.Expr, high: sympy.Expr) -> sympy.Expr:
    if (high - low).is_Integer and high - low < MAX_EXPLICIT:
        return sympy.Mul(*(factor.xreplace({index: low + k}) for k in range(int(high - low) + 1)))
    if not factor.has(index):
        return factor ** (high - low + 1)
    if isinstance(factor, sympy.exp):
        return sympy.exp(normal_sum(Sum(factor.exp, (index, low, high))))
    if isinstance(factor, sympy.Pow) and not factor.exp.has(index):
        return Product(factor.base, (index, low, high)) ** factor.exp
    return Product(factor, (index, low, high))
