"""The normal form of a difference: two expressions are equal if it is empty."""

from __future__ import annotations

from sympy import Expr, Integer

from derivations.prover.collect import collected
from derivations.prover.expand import Expander
from derivations.prover.knowledge import Knowledge
from derivations.prover.stopped import revealed
from derivations.prover.terms import Terms, scale


def normal(left: Expr, right: Expr, known: Knowledge, whole: bool = False) -> Terms:
    """left - right in normal form; `whole` leaves logs of joints in one piece."""
    expander = Expander(known, whole)
    terms = expander.terms(left) + scale(expander.terms(right), Integer(-1))
    return collected(revealed(terms), known)
