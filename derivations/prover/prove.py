"""Prove a relation: bring the difference of its sides to zero, or bound it by Jensen's inequality."""

from __future__ import annotations

from sympy import Basic, Expr, Integer, Symbol, log, preorder_traversal

from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.language import Constant, Density, Relation, Sign, Variable, contains, mentioned_densities
from derivations.prover.bounds import is_never_negative
from derivations.prover.collect import collected
from derivations.prover.expand import Expander, revealed
from derivations.prover.knowledge import Knowledge
from derivations.prover.terms import Term, Terms, Unprovable, joints_in, scale, variables_of


def prove(relation: Relation, context: Context) -> tuple[str, ...] | None:
    """The rules that prove a relation, in the order they were first used; None if they do not."""
    left, right = (expand_quantities(side, context) for side in (relation.left, relation.right))
    known = Knowledge(context, frozenset(mentioned_densities(left) | mentioned_densities(right)
                                         | _in_measures(context)))
    try:
        if relation.sign is Sign.PROPORTIONAL:
            left, right = log(left), log(right)
        return _prove(left, right, relation.sign, known)
    except (Unprovable, RecursionError):
        return None


def _in_measures(context: Context) -> set[Density]:
    terms: list[Basic] = [d for measure in context.measures.values() for d in measure]
    return {node for term in [*terms, *context.draws] for node in preorder_traversal(term)
            if isinstance(node, Density)}


def _prove(left: Expr, right: Expr, sign: Sign, known: Knowledge) -> tuple[str, ...] | None:
    if sign in (Sign.AT_LEAST, Sign.AT_MOST):
        lower, upper = (left, right) if sign is Sign.AT_MOST else (right, left)
        proved = is_never_negative(lower, upper, known)
    elif sign in (Sign.LESS, Sign.GREATER):
        return None  # equality is never excluded
    else:
        difference = normal(left, right, known)
        free = sign in (Sign.PROPORTIONAL, Sign.EQUAL_UP_TO_CONSTANT) or contains(left - right, Constant)
        proved = not (_varying(difference, known) if free else difference)
    return tuple(known.rules) or ("identical sides",) if proved else None


def normal(left: Expr, right: Expr, known: Knowledge, whole: bool = False) -> Terms:
    """The difference of two sides in normal form; empty means that they are equal."""
    expander = Expander(known, whole)
    terms = expander.terms(left) + scale(expander.terms(right), Integer(-1))
    return collected(revealed(terms), known)


def _varying(difference: Terms, known: Knowledge) -> Terms:
    """The terms an additive constant may not stand for."""
    known.note("additive constants dropped")
    vary = known.context.vary or known.context.latent
    return tuple(term for term in difference if any(_depends(term, what, known) for what in vary))


def _depends(term: Term, what: Basic, known: Knowledge) -> bool:
    if isinstance(what, Density):
        (of,) = (what.of,)
        return any(joint.name == what.name or (set(known.variables(of)) & _bases(joint) and _shares(joint, what, known))
                   for joint in joints_in(term))
    if isinstance(what, Variable) or not isinstance(what, Symbol):
        letters = {v.base.name for v in known.variables([what])}  # type: ignore[list-item]
        return any(v.copy == 0 and v.base.name in letters for v in variables_of(term))
    return what in term.coefficient.free_symbols or any(known.depends(j, what) for j in joints_in(term))


def _bases(joint: object) -> set[object]:
    from derivations.prover.terms import V
    return {V(v.base) for v in joint.variables}  # type: ignore[attr-defined]


def _shares(joint: object, what: Density, known: Knowledge) -> bool:
    """Whether the joint has the density among its factors."""
    return any(what.name == getattr(factor, "name", None) for factor in known.context.factors(joint.name))  # type: ignore[attr-defined]
