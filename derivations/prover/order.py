"""Which of two indices is larger, for every value the indices in scope can take."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Basic, Expr, Integer, Symbol, expand

Scope = Mapping[Symbol, tuple[Expr, Expr]]


def never_negative(difference: Expr, scope: Scope) -> bool:
    """Whether a linear expression in indices and counts is at least 0, counts being at least 1.

    Each index of `scope` is put at the end of its range where the expression is smallest.
    """
    difference = expand(difference)
    while inside := [i for i in scope if i in difference.free_symbols]:
        index = inside[-1]
        slope = difference.coeff(index)
        lower, upper = scope[index]
        if not slope.is_Integer or (difference - slope * index).has(index) or index in (lower - upper).free_symbols:
            return False
        difference = expand(difference.xreplace({index: lower if slope > 0 else upper}))
    return _smallest(difference) is not None


def _smallest(difference: Expr) -> Expr | None:
    """The value with every count at 1, if that is the smallest and not negative."""
    counts: set[Basic] = difference.free_symbols
    if any(not difference.coeff(count).is_Integer or difference.coeff(count) < 0 for count in counts):
        return None
    value = difference.xreplace({count: Integer(1) for count in counts})
    linear = sum(difference.coeff(count) * count for count in counts)
    if not expand(difference - linear).is_number:
        return None
    return value if value.is_Integer and value >= 0 else None


def at_most(left: Expr, right: Expr, scope: Scope) -> bool:
    """Whether left <= right always."""
    return never_negative(right - left, scope)


def may_coincide(left: Expr, right: Expr, scope: Scope) -> bool:
    """Whether two indices could be equal for some values."""
    return not (at_most(left + 1, right, scope) or at_most(right + 1, left, scope))
