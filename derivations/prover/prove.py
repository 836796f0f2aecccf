"""Prove a relation: bring the difference of its sides to zero, or bound it by Jensen's inequality."""

from __future__ import annotations

from dataclasses import replace

from sympy import Basic, Expr, Mul, Pow, Symbol, log, preorder_traversal

from derivations.constants import is_loose, without_constants
from derivations.context import Context
from derivations.definitions import expand_quantities, substituted
from derivations.language import Density, IndexedProduct, Relation, Sign, mentioned_densities
from derivations.models.concrete import Meaningless, free_indices
from derivations.models.varying import constant_in
from derivations.prover.averaged import averaged
from derivations.prover.bounds import is_never_negative
from derivations.prover.knowledge import Knowledge
from derivations.prover.normal import normal
from derivations.prover.terms import J, Term, Unprovable, V, joints_in, variables_of


def prove(relation: Relation, context: Context) -> tuple[str, ...] | None:
    """The rules that prove a relation, in the order they were first used; None if they do not."""
    for way in (_attempt, _by_cases, _by_logarithms, _for_each_data_point):
        rules = way(relation, context)
        if rules is not None:
            return rules
    return None


def _attempt(relation: Relation, context: Context) -> tuple[str, ...] | None:
    """The names of the rules that prove it; None where they do not."""
    left, right = (expand_quantities(side, context) for side in (relation.left, relation.right))
    known = Knowledge(
        context, frozenset(mentioned_densities(left) | mentioned_densities(right) | _in_measures(context))
    )
    try:
        if is_loose(relation, context):
            return _up_to_constant(Relation(left, relation.sign, right), known)
        return _prove(left, right, relation.sign, known)
    except (Unprovable, Meaningless, RecursionError):
        return None


def _by_logarithms(relation: Relation, context: Context) -> tuple[str, ...] | None:
    """The rules that prove it of the logarithms, where both sides are products of densities, which are positive."""
    left, right = (expand_quantities(side, context) for side in (relation.left, relation.right))
    if relation.sign is not Sign.EQUAL or not (_is_product(left) and _is_product(right)):
        return None
    rules = _attempt(Relation(log(left), Sign.EQUAL, log(right)), context)
    return None if rules is None else ("logarithm of both sides", *rules)


def _is_product(term: Basic) -> bool:
    """Whether a term is a product of densities and of nothing else."""
    if isinstance(term, IndexedProduct):
        return _is_product(term.body)
    if isinstance(term, Pow):
        return _is_product(term.base) and term.exp.is_Integer is True
    return isinstance(term, Density) or (isinstance(term, Mul) and all(map(_is_product, term.args)))


def _for_each_data_point(relation: Relation, context: Context) -> tuple[str, ...] | None:
    """The rules that prove it on average over data of any density, where it is about each data point."""
    left, right = (expand_quantities(side, context) for side in (relation.left, relation.right))
    mean = averaged(Relation(left, relation.sign, right), context)
    rules = None if mean is None else _attempt(mean, context)
    return None if rules is None else (*rules, "for data of every density, so for each data point")


def _by_cases(relation: Relation, context: Context) -> tuple[str, ...] | None:
    r"""The claim for the smallest value of its free index, and for all larger ones.

    At $t = 1$ the variables $x_{t-1}$ and $x_0$ are one, and rules that take them apart do not apply.
    """
    found = free_indices(relation, context)
    running = [symbol for symbol in found if symbol.name in context.ranges]
    if len(running) != 1:
        return None
    (index,), (lower, upper) = running, context.ranges[running[0].name]
    first = _attempt(_at(relation, context, index, lower), context)
    later = replace(context, ranges={**context.ranges, index.name: (lower + 1, upper)})
    rest = _attempt(relation, later) if first is not None else None
    if first is None or rest is None:
        return None
    return tuple(dict.fromkeys((*rest, f"the case {index} = {lower} apart", *first)))


def _at(relation: Relation, context: Context, index: Symbol, value: Expr) -> Relation:
    """The relation at one value of the index."""
    left, right = (
        substituted(expand_quantities(side, context), {index: value}) for side in (relation.left, relation.right)
    )
    return Relation(left, relation.sign, right)


def _in_measures(context: Context) -> set[Density]:
    terms: list[Basic] = [d for measure in context.measures.values() for d in measure]
    return {node for term in [*terms, *context.draws] for node in preorder_traversal(term) if isinstance(node, Density)}


def _prove(left: Expr, right: Expr, sign: Sign, known: Knowledge) -> tuple[str, ...] | None:
    """Equality by one normal form, an inequality by a sign that is never negative."""
    if sign in (Sign.AT_LEAST, Sign.AT_MOST):
        lower, upper = (left, right) if sign is Sign.AT_MOST else (right, left)
        proved = is_never_negative(lower, upper, known)
    elif sign in (Sign.LESS, Sign.GREATER):
        return None  # equality is never excluded
    else:
        proved = not normal(left, right, known)
    return tuple(known.rules) or ("identical sides",) if proved else None


def _up_to_constant(relation: Relation, known: Knowledge) -> tuple[str, ...] | None:
    """The rules that leave a difference in which nothing varies, where the sides vary in something."""
    varying, plain = constant_in(relation, known.context), without_constants(relation, known.context)
    left, right = plain.left, plain.right
    if plain.sign is Sign.PROPORTIONAL:
        left, right = log(left), log(right)
    difference = normal(left, right, known)
    known.note("additive constants dropped")
    return None if any(_depends(term, what, known) for term in difference for what in varying) else tuple(known.rules)


def _depends(term: Term, what: Basic, known: Knowledge) -> bool:
    """Whether a term depends on a free variable, on a density, or on a parameter."""
    if isinstance(what, Density):
        return any(_contains_factor(joint, what, known) for joint in joints_in(term))
    if isinstance(what, Symbol):
        return what in term.coefficient.free_symbols or any(known.depends(j, what) for j in joints_in(term))
    letters = {v.base.name for v in known.variables([what])}  # type: ignore[list-item]
    return any(v.copy == 0 and v.base.name in letters for v in variables_of(term))


def _contains_factor(joint: J, density: Density, known: Knowledge) -> bool:
    """Whether a marginal is one of the density, or of a joint that has it as a factor."""
    if joint.name == density.name:
        return True
    named = any(density.name == getattr(factor, "name", None) for factor in known.context.factors(joint.name))
    return named and bool(set(known.variables(density.of)) & {V(v.base) for v in joint.variables})
