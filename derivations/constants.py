r"""What a constant allows for: `A = B + C` compares A and B up to an additive constant, `A = C B` up to a factor.

The constants are taken out here; what they may not depend on is for the engines to say (`models.varying`,
`closed_form.decide`). A bound with a constant bounds nothing.
"""

from __future__ import annotations

from typing import Final

from sympy import Add, Expr, Integer, Mul, Pow, exp

from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.language import Constant, Relation, Sign, contains

LOOSE: Final = frozenset({Sign.PROPORTIONAL, Sign.EQUAL_UP_TO_CONSTANT})
BOUNDS: Final = frozenset({Sign.AT_MOST, Sign.AT_LEAST, Sign.LESS, Sign.GREATER})


def is_loose(relation: Relation, context: Context) -> bool:
    """Whether a relation holds up to a constant only: by its sign, or because a constant stands in it."""
    sides = (relation.left, relation.right)
    return relation.sign in LOOSE or any(contains(_opened(side, context), Constant) for side in sides)


def without_constants(relation: Relation, context: Context) -> Relation:
    """The sides of a loose relation without their constants, with a sign that says what these allowed for."""
    sides = (_opened(relation.left, context), _opened(relation.right, context))
    bare = tuple(map(_without_factors, sides))
    scaled = relation.sign is Sign.PROPORTIONAL or (bare != sides and not contains(bare[0] - bare[1], Constant))
    if scaled and relation.sign is not Sign.EQUAL_UP_TO_CONSTANT:
        return Relation(bare[0], Sign.PROPORTIONAL, bare[1])
    return Relation(_without_terms(sides[0]), Sign.EQUAL_UP_TO_CONSTANT, _without_terms(sides[1]))


def _opened(side: Expr, context: Context) -> Expr:
    """The side, its names written out where a constant stands in one, as in a $g$ defined by $g(Z) = C f$."""
    written: Expr = expand_quantities(side, context)
    return written if contains(written, Constant) else side


def _without_terms(side: Expr) -> Expr:
    return side.xreplace({constant: Integer(0) for constant in side.atoms(Constant)})


def _without_factors(side: Expr) -> Expr:
    """The side without constant factors, $C f$ or $e^{g + C}$ as $f$ or $e^g$; itself where nothing else is left."""
    kept = Mul(*map(_plain, Mul.make_args(side)))
    return side if kept.is_number else kept


def _plain(factor: Expr) -> Expr:
    if isinstance(factor, Constant) or (isinstance(factor, Pow) and isinstance(factor.base, Constant)):
        return Integer(1)
    if isinstance(factor, exp):
        return exp(Add(*(term for term in Add.make_args(factor.args[0]) if not isinstance(term, Constant))))
    return factor


__all__ = ["BOUNDS", "LOOSE", "is_loose", "without_constants"]
