r"""Collect equal terms: bound variables and indices renamed canonically, sums cut to common limits.

Repeated draws are identically distributed, so a bound $Z_k$ is renamed to a bound $Z$. Sums of one body over
different limits are compared over the union of their ranges, with the members that are too many taken off,
which is what telescoping comes to: $\sum_{t=1}^T f_t - \sum_{t=2}^T f_t = f_1$.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations, product

from sympy import Basic, Expr, Integer, Symbol, simplify

from derivations.language import Variable, VariableRange
from derivations.prover.integrate import simplified
from derivations.prover.knowledge import Knowledge
from derivations.prover.order import at_most, never_negative
from derivations.prover.terms import (
    Function,
    Limits,
    Term,
    Terms,
    Unprovable,
    V,
    index_symbols,
    reindex,
    rename,
    variables_of,
)

_TRIES = 36  # renamings compared for one term
_PEELED = 4  # members of a sum taken off at an end


def collected(terms: Terms, known: Knowledge) -> Terms:
    """The sum with equal terms added up: empty exactly when the rules reduce it to zero."""
    plain: list[tuple[Term, Term]] = []
    sums: list[tuple[Term, Term]] = []
    for term in simplified(terms, known):
        canon = canonical(term, known)
        (sums if len(canon.sums) == 1 else plain).append((canon, term))
    singles: list[Term] = []
    kept: list[Term] = []
    for group in _groups(sums):
        cut, extra = _common_limits(group, known)
        kept += cut
        singles += extra
    kept += [canonical(term, known) for term in simplified(tuple(singles), known)]
    return _added([canon for canon, _ in plain] + kept)


def _added(terms: list[Term]) -> Terms:
    """Like terms added; what cancels is gone."""
    totals: dict[str, Term] = {}
    for term in terms:
        key = str(replace(term, coefficient=Integer(1)))
        before = totals[key].coefficient if key in totals else Integer(0)
        totals[key] = replace(term, coefficient=before + term.coefficient)
    return tuple(term for term in totals.values() if simplify(term.coefficient) != 0)


# sums


@dataclass(frozen=True)
class _Sum:
    """A canonical single sum with the raw term it came from, whose index is shifted likewise."""

    canon: Term
    raw: Term


def _groups(sums: list[tuple[Term, Term]]) -> list[list[_Sum]]:
    """Sums of the same body over the same index."""
    groups: dict[str, list[_Sum]] = {}
    for canon, raw in sums:
        ((index, _, _),) = canon.sums
        body = replace(canon, coefficient=Integer(1), sums=())
        groups.setdefault(f"{index}|{body}", []).append(_Sum(canon, raw))
    return list(groups.values())


def _common_limits(group: list[_Sum], known: Knowledge) -> tuple[list[Term], list[Term]]:
    """(sums over the union of all ranges, single members to add)."""
    limits = {(a, b) for s in group for _, a, b in s.canon.sums}
    union = _union(limits, known)
    if len(limits) == 1 or union is None:
        return [s.canon for s in group], []
    known.note("telescoping: sums cut to common limits")
    kept, singles = [], []
    for s in group:
        ((index, lower, upper),) = s.canon.sums
        kept.append(replace(s.canon, sums=((index, *union),)))
        before = [union[0] + i for i in range(int(lower - union[0]))]
        after = [upper + 1 + i for i in range(int(union[1] - upper))]
        for at in before + after:
            member = _member(_covering(group, at, known), at)
            singles.append(replace(member, coefficient=-_coefficient(s, at)))
    return kept, singles


def _covering(group: list[_Sum], at: Expr, known: Knowledge) -> _Sum:
    """A sum that has this member: elsewhere its indices may coincide, and its form may not hold there.

    A member that only some counts T have is taken if every sum would give it the same form.
    """
    for s in group:
        ((_, lower, upper),) = s.canon.sums
        if at in (lower, upper) or (at_most(lower, at, known.scope) and at_most(at, upper, known.scope)):
            return s
    forms = {tuple(sorted(str(canonical(term, known)) for term in simplified((_member(s, at),), known))) for s in group}
    if len(forms) > 1:
        raise Unprovable(f"no sum certainly has the member {at}")
    return group[0]


def _union(limits: set[tuple[Expr, Expr]], known: Knowledge) -> tuple[Expr, Expr] | None:
    """The union of ranges whose ends differ by small whole numbers; each must be a range (perhaps empty)."""
    if not all(never_negative(upper - lower + 1, known.scope) for lower, upper in limits):
        return None
    lowers, uppers = ([end[i] for end in limits] for i in (0, 1))
    lower = next((a for a in lowers if all(at_most(a, other, known.scope) for other in lowers)), None)
    upper = next((b for b in uppers if all(at_most(other, b, known.scope) for other in uppers)), None)
    if lower is None or upper is None:
        return None
    gaps = [a - lower for a in lowers] + [upper - b for b in uppers]
    return (lower, upper) if all(gap.is_Integer and gap <= _PEELED for gap in gaps) else None


def _member(s: _Sum, at: Expr) -> Term:
    """One member of a sum without its coefficient, from the raw term, whose indices may now coincide."""
    raw = replace(s.raw, coefficient=Integer(1), sums=())
    return reindex(raw, _at(s, at))


def _coefficient(s: _Sum, at: Expr) -> Expr:
    return s.raw.coefficient.xreplace(_at(s, at))


def _at(s: _Sum, at: Expr) -> dict[Basic, Basic]:
    """The raw index of the member that stands at `at` in the canonical sum."""
    ((_, lower, _),) = s.canon.sums
    ((raw_index, raw_lower, _),) = s.raw.sums
    return {raw_index: at - lower + raw_lower}


# names


def canonical(term: Term, known: Knowledge) -> Term:
    """The term with canonical names for what is bound, the same for all terms equal up to renaming."""
    candidates = (_named(term, naming, known) for naming in _namings(term, known))
    return min(candidates, key=lambda t: str(replace(t, coefficient=Integer(1))))


def _namings(term: Term, known: Knowledge) -> Iterator[dict[V, V]]:
    """Ways to number the bound variables of each kind."""
    kinds: dict[Basic, list[V]] = {}
    for v in sorted(term.bound, key=str):
        kinds.setdefault(_kind(v, known), []).append(v)
    orders = product(*(permutations(members) for members in kinds.values()))
    for _, order in zip(range(_TRIES), orders, strict=False):
        yield {
            v: V(kind, i + 1)
            for kind, members in zip(kinds, order, strict=True)  # type: ignore[arg-type]
            for i, v in enumerate(members)
        }


def _kind(v: V, known: Knowledge) -> Basic:
    if v.base.name in known.draws and not v.is_range:
        return Variable(v.base.name)
    return v.base


def _named(term: Term, naming: dict[V, V], known: Knowledge) -> Term:
    """The term with its bound variables and their ranges renamed."""
    ranges = {(v.base.name, v.copy): naming[v].copy for v in naming if v.is_range}

    def change(v: V) -> V:
        """The new name, also for a member of a range that gets one."""
        if v in naming:
            return naming[v]
        number = ranges.get((v.base.name, v.copy))
        return v if number is None else V(v.base, number)

    return _with_indices(_inside(rename(term, change), known), known)


def _inside(term: Term, known: Knowledge) -> Term:
    """Closed functions with canonical terms in a canonical order."""
    factors = []
    for factor in term.factors:
        if isinstance(factor, Function):
            inner = _added([canonical(part, known) for part in factor.terms])
            factor = Function(factor.name, tuple(sorted(inner, key=str)))
        factors.append(factor)
    return replace(term, factors=tuple(sorted(factors, key=str)))


def _with_indices(term: Term, known: Knowledge) -> Term:
    """Sums without their index become a count; the index of the others starts where the body's is smallest."""
    kept: list[Limits] = []
    coefficient = term.coefficient
    for index, lower, upper in term.sums:
        used = index_symbols(replace(term, sums=())) | {s for _, a, b in term.sums for s in (a - b).free_symbols}
        if index not in used and never_negative(upper - lower + 1, known.scope):
            coefficient = coefficient * (upper - lower + 1)
            known.note("a sum of equal terms (identically distributed draws)")
        else:
            kept.append((index, lower, upper))
    term = replace(term, coefficient=coefficient, sums=tuple(kept))
    return _shifted(term) if len(kept) == 1 else _renamed_indices(term)


def _shifted(term: Term) -> Term:
    """The sum with the index moved so that the lowest member of the body is at the index itself."""
    ((index, lower, upper),) = term.sums
    offset = min(_offsets(term, index), default=0)
    name = Symbol("i1", integer=True)
    moved = reindex(replace(term, sums=()), {index: name - offset})
    return replace(moved, sums=((name, lower + offset, upper + offset),))


def _offsets(term: Term, index: Symbol) -> list[int]:
    """The whole numbers c in the subscripts t + c."""
    found = []
    for v in variables_of(term):
        ends = (v.base.lower, v.base.upper) if isinstance(v.base, VariableRange) else (v.base.index,)
        found += [int(end - index) for end in ends if end is not None and (end - index).is_Integer]
    return found


def _renamed_indices(term: Term) -> Term:
    """The term with its sums in the order, and their indices with the names, that come first in writing."""
    names = [Symbol(f"i{i + 1}", integer=True) for i in range(len(term.sums))]
    candidates = []
    for order in permutations(term.sums):
        values = {index: name for (index, _, _), name in zip(order, names, strict=True)}
        moved = reindex(replace(term, sums=()), values)
        sums = tuple(
            (name, a.xreplace(values), b.xreplace(values)) for (_, a, b), name in zip(order, names, strict=True)
        )
        candidates.append(replace(moved, sums=sums))
    return min(candidates, key=lambda t: str(replace(t, coefficient=Integer(1)))) if candidates else term
