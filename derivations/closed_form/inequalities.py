"""Inequalities between formulas: the sign of a sum, the concavity of the log, and its tangent at one.

* every term has the sign that is claimed;
* Jensen: log (1/n Σ g_k) ≥ 1/n Σ log g_k, and log Σ c_k g_k ≥ Σ c_k log g_k for weights c_k that sum to one;
* log g ≤ g - 1.

Logarithms are real on the domain, so each g is positive. All but the first hold with ≥ only, not with >.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr, Sum, log

from derivations.closed_form.canonical import explicit, is_zero, normal


def rule_for(greater: Expr, smaller: Expr, strict: bool) -> str | None:
    """The name of a rule that shows `greater >= smaller` (or `>`), or None."""
    gap = explicit(greater - smaller)
    if _has_sign(gap, strict):
        return "sign of every term"
    if strict:
        return None
    if any(is_zero(gap - explicit(candidate)) for candidate in _jensen_gaps(smaller)):
        return "concavity of the logarithm"
    if any(is_zero(gap - candidate) for candidate in _tangent_gaps(normal(gap))):
        return "tangent of the logarithm"
    return None


def _has_sign(gap: Expr, strict: bool) -> bool:
    reduced = normal(gap)
    candidates = (reduced, sympy.factor(reduced))
    return any(bool(c.is_positive if strict else c.is_nonnegative) for c in candidates)


def _jensen_gaps(smaller: Expr) -> Iterator[Expr]:
    """log of an average minus the average of logs, for the averages of logs that may stand in `smaller`."""
    for average in smaller.atoms(Sum):
        if isinstance(average.function, log) and len(average.limits) == 1:
            _, low, high = average.limits[0]
            inside = Sum(average.function.args[0], *average.limits)
            yield log(inside / (high - low + 1)) - average / (high - low + 1)
    terms = [term.as_coeff_Mul() for term in sympy.Add.make_args(sympy.expand(smaller))]
    if all(isinstance(f, log) and c.is_positive for c, f in terms) and sum(c for c, _ in terms) == 1:
        yield log(sympy.Add(*(c * f.args[0] for c, f in terms))) - smaller


def _tangent_gaps(gap: Expr) -> Iterator[Expr]:
    """c (g - 1 - log g), for each logarithm in the gap with coefficient -c or c; g is its argument or the inverse."""
    for logarithm in gap.atoms(log):
        coefficient = sympy.expand(gap).coeff(logarithm)
        g = logarithm.args[0] if coefficient.is_negative else 1 / logarithm.args[0]
        if coefficient.is_nonzero:
            yield abs(coefficient) * (g - 1 - log(g))
