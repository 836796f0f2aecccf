r"""Constant in what? What the sides of a statement up to a constant vary in.

The $C$ in $\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)] + C$ is constant in $Z_1$, which stands free in it. Both
sides of $\log p(X) = \mathcal{L}(q) + C$ are numbers: every two numbers differ by a constant, and it says nothing.
"""

from __future__ import annotations

from functools import reduce

from sympy import Basic, Symbol

from derivations.constants import BOUNDS
from derivations.context import Context
from derivations.language import KL, Density, Entropy, Expectation, Marginal, Relation, Variable
from derivations.models.concrete import Meaningless, Sizes, concrete, factors_of
from derivations.models.joints import copied_letters, prototype
from derivations.models.sizes import cases

Varying = tuple[Basic, ...]


def constant_in(relation: Relation, context: Context) -> Varying:
    """What the constant in a relation may not depend on; raises `Meaningless` where it says nothing."""
    what = context.varying
    if relation.sign in BOUNDS:
        raise Meaningless("a bound up to a constant says nothing")
    if not what:
        raise Meaningless(
            "up to a constant it says nothing: constant in what? The context says of nothing that it varies"
        )
    if not any(_is_free(relation, what, context, sizes) for sizes in cases(relation, context)):
        names = ", ".join(map(str, what))
        raise Meaningless(f"up to a constant it says nothing: constant in what? Neither side varies in {names}")
    return what


def _is_free(relation: Relation, what: Varying, context: Context, sizes: Sizes) -> bool:
    """Whether something that varies stands free in a side."""
    sides = [concrete(side, context, sizes) for side in (relation.left, relation.right)]
    if free_members(sides, what, context, sizes):
        return True
    fixed = [term for term in what if isinstance(term, Density | Symbol)]
    return any(_mentions(side, term, context, sizes) for side in sides for term in fixed)


def free_members(sides: list[Basic], what: Varying, context: Context, sizes: Sizes) -> set[Variable]:
    """The free variables of sides that are written out which are, or are drawn as, something that varies."""
    copies = copied_letters(context)
    members = {v for term in what for v in _members(term, context, sizes)}
    return {v for side in sides for v in free_variables(side) if v in members or prototype(v, copies) in members}


def free_variables(term: Basic) -> set[Variable]:
    """Variables of a term that is written out which no expectation, divergence or integral is over."""
    if isinstance(term, Variable):
        return {term}
    inside: set[Variable] = reduce(set.union, map(free_variables, term.args), set())
    return inside - _bound(term)


def _bound(term: Basic) -> set[Basic]:
    if isinstance(term, Marginal):
        return set(term.variables)
    over = {Expectation: "measure", KL: "q", Entropy: "q"}.get(type(term))
    return {v for d in getattr(term, over).atoms(Density) for v in d.of} if over else set()


def _members(term: Basic, context: Context, sizes: Sizes) -> set[Basic]:
    """The variables that a variable, a block or a range consists of; a drawn $Z_k$ is a copy of $Z$."""
    if isinstance(term, Density | Symbol):
        return set()
    try:
        return set(concrete(Marginal(1, (term,)), context, sizes).variables)
    except Meaningless:  # an index without a value
        return {Variable(term.name)} if isinstance(term, Variable) else set()


def _mentions(side: Basic, term: Basic, context: Context, sizes: Sizes) -> bool:
    """Whether a density, or a joint that it is a factor of, or a parameter stands in a side."""
    if isinstance(term, Symbol):
        return term in side.free_symbols
    return any(
        density.name == term.name or term.name in {factor.name for factor in factors_of(density.name, context, sizes)}
        for density in side.atoms(Density)
    )
