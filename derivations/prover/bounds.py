"""Inequalities between expectations, by Jensen's inequality in three forms."""

from __future__ import annotations

from sympy import Expr

from derivations.prover.knowledge import Knowledge


def is_never_negative(lower: Expr, upper: Expr, known: Knowledge) -> bool:
    """Whether upper - lower >= 0 follows from the rules."""
    from derivations.prover.prove import normal
    return not normal(upper, lower, known)
