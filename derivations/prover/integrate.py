"""Integrate out what nothing else depends on: normalisation, marginalisation, and the score identity."""

from __future__ import annotations

from dataclasses import replace

from derivations.language import Variable
from derivations.prover.knowledge import Knowledge
from derivations.prover.split import pieces
from derivations.prover.terms import J, Relative, Term, Terms, V, variables_of, weights_of


def simplified(terms: Terms, known: Knowledge) -> Terms:
    """Every term with all integrals done that marginalise a density; vanishing terms are dropped."""
    found = (_simplify(term, known) for term in terms if term.coefficient != 0)
    return tuple(term for term in found if term is not None)


def _simplify(term: Term, known: Knowledge) -> Term | None:
    """Split and integrate until nothing changes; None for a term that is zero."""
    while True:
        smaller = _eliminate(_split_weights(term, known), known)
        if smaller is None or smaller == term:
            return smaller
        term = smaller


def _split_weights(term: Term, known: Knowledge) -> Term:
    """Weights in irreducible form, so that equal ones cancel; a range to integrate stays in its marginal."""
    pairs = []
    for joint, exponent in term.weights:
        opened = [(joint, 1)] if any(v.is_range and v in term.bound for v in joint.variables) else pieces(joint, known)
        pairs += [(piece, exponent * e) for piece, e in opened]
    return replace(term, weights=weights_of(pairs))


def _eliminate(term: Term, known: Knowledge) -> Term | None:
    """One variable, or one end of a range, integrated out, if one can be."""
    for v in sorted(term.bound, key=lambda v: (not v.is_range, str(v))):
        smaller = _restrict(term, v, known) if v.is_range else _integrate(term, v, known)
        if smaller is None or smaller is not term:
            return smaller
    return term


def _restrict(term: Term, block: V, known: Knowledge) -> Term:
    """Only those members of a range stay that something else depends on."""
    inside = [joint for joint, _ in term.weights if block in joint.variables]
    if len(inside) != 1 or (inside[0], 1) not in term.weights or inside[0].name in known.frozen:
        return term
    others = {v for factor in term.factors for v in variables_of(factor)}
    others |= {v for joint, _ in term.weights if joint != inside[0] for v in joint.variables}
    points = {v for v in others if v.copy == block.copy and v.base.name == block.base.name}
    if any(v.is_range for v in points) or _has_inner_index(term, points, known):
        return term
    if not all(known.within(v.base, block.base) for v in points):
        return term
    known.note("marginalisation")
    kept = known.marginal(inside[0].name, (inside[0].variables - {block}) | points, inside[0].stopped)
    pairs = [(j, e) for j, e in term.weights if j != inside[0]] + ([(kept, 1)] if kept else [])
    return replace(term, weights=weights_of(pairs), bound=(term.bound - {block}) | points)


def _has_inner_index(term: Term, points: set[V], known: Knowledge) -> bool:
    """Whether a member's index runs inside the log of a sum: then every member is needed."""
    outer = {index for index, _, _ in term.sums}
    indices = {s for v in points for s in v.base.free_symbols}
    return any(s in known.inner_indices(term) for s in indices - outer)


def _integrate(term: Term, v: V, known: Knowledge) -> Term | None:
    """The term with v integrated out, the term itself if no rule does it, None if it vanishes."""
    inside = [(joint, e) for joint, e in term.weights if v in joint.variables]
    factors = [factor for factor in term.factors if v in variables_of(factor)]
    if any(joint.name in known.frozen for joint, _ in inside) or not inside:
        return term
    if len(inside) == 1 and inside[0][1] == 1:
        joint = inside[0][0]
        if not factors:
            known.note("normalisation")
            return _replace_joint(term, v, joint, known.marginal(joint.name, joint.variables - {v}, joint.stopped))
        if len(factors) == 1 and isinstance(factors[0], Relative) and factors[0].joint == joint:
            return _integrate_score(term, v, factors[0], known)
    if not factors and len({joint.name for joint, _ in inside}) == 1:
        return _recompose(term, v, inside, known)
    return term


def _replace_joint(term: Term, v: V, old: J, new: J | None) -> Term:
    pairs = [(joint, e) for joint, e in term.weights if joint != old] + ([(new, 1)] if new else [])
    return replace(term, weights=weights_of(pairs), bound=term.bound - {v})


def _integrate_score(term: Term, v: V, score: Relative, known: Knowledge) -> Term | None:
    """The integral of a derivative of a density is the derivative of its integral, and that of one is zero."""
    through = any(isinstance(parameter, Variable) for parameter in score.parameters)
    known.note("integration by parts (densities vanish at the ends)" if through else "score identity (zero-mean score)")
    smaller = known.marginal(score.joint.name, score.joint.variables - {v}, score.joint.stopped)
    if smaller is None or not all(known.depends(smaller, parameter) for parameter in score.parameters):
        return None
    factors = list(term.factors)
    factors.remove(score)
    moved = replace(term, factors=tuple(sorted([*factors, Relative(smaller, score.parameters)], key=str)))
    return _replace_joint(moved, v, score.joint, smaller)


def _recompose(term: Term, v: V, inside: list[tuple[J, int]], known: Knowledge) -> Term:
    """Several marginals that together are one marginal: put them together, integrate, split again."""
    union = frozenset().union(*(joint.variables for joint, _ in inside))
    if any(u.is_range for u in union):
        return term
    name, stopped = inside[0][0].name, inside[0][0].stopped
    whole = J(name, known.merged(union), stopped)
    parts = pieces(whole, known)
    if weights_of(p for p in parts if v in p[0].variables) != frozenset(inside):
        return term
    smaller = known.marginal(name, union - {v}, stopped)
    rest = [(joint, -e) for joint, e in parts if v not in joint.variables]
    pairs = [pair for pair in term.weights if pair not in inside] + rest
    known.note("marginalisation")
    return replace(term, weights=weights_of(pairs + ([(smaller, 1)] if smaller else [])), bound=term.bound - {v})
