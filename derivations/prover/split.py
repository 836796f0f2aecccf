"""Marginals as products of smaller ones, and logs of marginals over ranges as indexed sums."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cmp_to_key
from itertools import combinations

from sympy import Expr, Integer, Symbol

from derivations.language import Density, IndexedProduct, Variable, VariableRange
from derivations.prover import independence
from derivations.prover.knowledge import Knowledge
from derivations.prover.order import at_most
from derivations.prover.terms import J, Limits, Log, Term, Terms, Unprovable, V

Pieces = list[tuple[J, int]]


def pieces(joint: J, known: Knowledge) -> Pieces:
    """The marginal as powers of marginals that split no further."""
    nodes = {str(v): v for v in joint.variables}
    parents = _parents(joint, known)
    if parents is None:
        return [(joint, 1)]
    found: Pieces = []
    for part, exponent in independence.split(parents, frozenset(nodes)):
        smaller = known.marginal(joint.name, (nodes[node] for node in part), joint.stopped)
        if smaller is not None:
            found.append((smaller, exponent))
    if len(found) > 1:
        known.note("conditional independence (the joint's factorisation)")
    return found


def _parents(joint: J, known: Knowledge) -> independence.Parents | None:
    """The graph above a marginal's variables; None if the joint is arbitrary."""
    factors = known.factors(joint.name)
    if not factors:
        return _draw_parents(joint, known)
    parents: dict[str, frozenset[str]] = {str(v): frozenset() for v in joint.variables}
    chains = {chain_letter(factor) for factor in factors} - {None}
    for factor in factors:
        if chain_letter(factor) is None and not (set(_letters(factor)) & chains):
            _add_factor(parents, factor, joint)
    for letter in chains:
        _add_chain(parents, [v for v in joint.variables if v.base.name == letter], known)
    return parents


def _draw_parents(joint: J, known: Knowledge) -> independence.Parents | None:
    """Repeated draws are independent given the conditions of their density."""
    draws = [v for v in joint.variables if v.base.name in known.draws]
    rest = joint.variables - set(draws)
    if len(draws) < 2:
        return None
    conditions = {known._kind(base) for base in known.conditions(joint.name).values()}
    if any(known._kind(v.base) not in conditions for v in rest):
        raise Unprovable("several draws share a variable that is not a condition")
    above = [str(v) for v in sorted(rest, key=str)]
    parents = {node: frozenset(above[:i]) for i, node in enumerate(above)}
    return parents | {str(v): frozenset(above) for v in draws}


def chain_letter(factor: Expr) -> str | None:
    r"""The letter of a Markov chain $\prod_t q(x_t \mid x_{t-1})$, in either direction; None for a plate."""
    if not isinstance(factor, IndexedProduct) or len(factor.body.of) != 1:
        return None
    (of,) = factor.body.of
    given = factor.body.given
    same = len(given) == 1 and given[0].name == of.name and abs(given[0].index - of.index) == 1
    return of.name if same else None


def _letters(factor: Expr) -> list[str]:
    body = factor.body if isinstance(factor, IndexedProduct) else factor
    return [v.name for v in body.of]


def _add_factor(parents: dict[str, frozenset[str]], factor: Expr, joint: J) -> None:
    """The nodes a factor adds: one for each index of its plate that the marginal mentions."""
    plate = isinstance(factor, IndexedProduct)
    body: Density = factor.body if plate else factor
    for tag in _tags(joint, body, factor.index) if plate else [None]:

        def node(v: Variable, tag: Expr | tuple[Expr, Expr] | None = tag) -> str:
            """The variable's node in this copy of the plate."""
            return _name(v, factor.index if plate else None, tag, joint)

        above = [node(v) for v in body.given]
        for v in body.of:
            parents[node(v)] = frozenset(above)
            above = [*above, node(v)]


def _tags(joint: J, body: Density, index: Symbol) -> list[Expr | tuple[Expr, Expr]]:
    """The indices, or ranges of them, at which a marginal mentions members of plates."""
    tags: dict[Expr | tuple[Expr, Expr], None] = {}
    for v in sorted(joint.variables, key=str):
        if isinstance(v.base, VariableRange):
            tags[(v.base.lower, v.base.upper)] = None
        elif v.base.index is not None:
            tags[v.base.index] = None
    return list(tags)


def _name(v: Variable, index: Symbol | None, tag: Expr | tuple[Expr, Expr] | None, joint: J) -> str:
    """The node's name: the joint's own variable of this copy of the plate, where it has one."""
    base: Variable | VariableRange = v
    if index is not None and v.index is not None and v.index.has(index):
        base = VariableRange(v.name, *tag) if isinstance(tag, tuple) else v.xreplace({index: tag})
    return next((str(u) for u in joint.variables if u.base == base), str(base))


def _add_chain(parents: dict[str, frozenset[str]], points: list[V], known: Knowledge) -> None:
    """A chain seen at some of its points is again a chain."""
    ordered = in_order(points, known)
    nodes = [str(v) for v in (ordered or points)]
    for i, node in enumerate(nodes):
        parents[node] = frozenset(nodes[i - 1 : i] if ordered is not None else nodes[:i])


def in_order(points: list[V], known: Knowledge) -> list[V] | None:
    """Points and ranges of a chain by increasing index, or None if that depends on the indices."""

    class Unordered(Exception):
        """Two indices of which neither is known to come first."""

    def compare(one: V, other: V) -> int:
        """Which ends before the other begins.  Raises Unordered."""
        if at_most(_ends(one)[1], _ends(other)[0], known.scope):
            return -1
        if at_most(_ends(other)[1], _ends(one)[0], known.scope):
            return 1
        raise Unordered

    try:
        return sorted(sorted(points, key=str), key=cmp_to_key(compare))
    except Unordered:
        return None


def _ends(v: V) -> tuple[Expr, Expr]:
    return (v.base.lower, v.base.upper) if isinstance(v.base, VariableRange) else (v.base.index, v.base.index)


# logs


def log_terms(joint: J, known: Knowledge) -> Terms:
    """log J as a sum of logs of marginals that split no further; ranges become indexed sums."""
    terms: list[Term] = []
    for piece, exponent in pieces(joint, known):
        if any(v.is_range for v in piece.variables):
            terms += _open(piece, exponent, known)
        else:
            terms.append(Term(Integer(exponent), factors=(Log(piece),)))
    return tuple(terms)


def _open(joint: J, exponent: int, known: Knowledge) -> list[Term]:
    """log of the joint as the sum of the logs of its factors, where they are known."""
    chains = {chain_letter(factor) for factor in known.factors(joint.name)}
    letters = {v.base.name for v in joint.variables}
    opened = _open_chain(joint, known) if letters <= chains else _open_plate(joint, known)
    if opened is None:
        return [Term(Integer(exponent), factors=(Log(joint),))]
    known.note("log of a product")
    return [
        Term(sign * exponent * term.coefficient, term.weights, term.factors, term.bound, limits)
        for sign, inner, limits in opened
        for term in log_terms(inner, known)
    ]


Over = tuple[Limits, ...]
Opened = list[tuple[int, J, Over]]


def _open_chain(joint: J, known: Knowledge) -> Opened | None:
    r"""$\log J(x_{a:b}) = \log J(x_a) + \sum_t [\log J(x_{t-1}, x_t) - \log J(x_{t-1})]$, and so on."""
    ordered = in_order(list(joint.variables), known)
    if ordered is None:
        return None
    opened: Opened = []
    last: V | None = None
    for v in ordered:
        lower, upper = _ends(v)
        first, end = V(Variable(v.base.name, lower), v.copy), V(Variable(v.base.name, upper), v.copy)
        opened += _pair(joint, last, first, (), known)
        if v.is_range:
            t = known.new_index(Symbol("t"), lower + 1, upper)
            before, here = (V(Variable(v.base.name, t - i), v.copy) for i in (1, 0))
            opened += _pair(joint, before, here, ((t, lower + 1, upper),), known)
        last = end
    return opened


def _pair(joint: J, before: V | None, here: V, limits: Over, known: Knowledge) -> Opened:
    both = [here] if before is None else [before, here]
    alone = [] if before is None else _one(joint, -1, [before], limits, known)
    return _one(joint, 1, both, limits, known) + alone


def _open_plate(joint: J, known: Knowledge) -> Opened | None:
    r"""$\log J(S, A, B) = \log J(S, A) + \sum_n [\log J(S, A_n, B_n) - \log J(S, A_n)]$ for plates A and B.

    It holds if, given S and $A_n$, member n of B is independent of all other members. A may be empty.
    """
    inside = sorted((v for v in joint.variables if v.is_range), key=str)
    outside = joint.variables - set(inside)
    limits = {_ends(v) for v in inside}
    if len(limits) != 1 or {v.base.name for v in outside} & {v.base.name for v in inside}:
        return None
    ((lower, upper),) = limits
    n, m = (known.new_index(Symbol(letter), lower, upper) for letter in "nm")
    for size in range(len(inside)):
        for kept in combinations(inside, size):
            opened = [v for v in inside if v not in kept]
            here = _members(kept, n) | outside
            others = _members(inside, m)
            if _are_independent(joint, _members(opened, n), others, here, known):
                over = ((n, lower, upper),)
                return [
                    *_one(joint, 1, outside | set(kept), (), known),
                    *_one(joint, 1, here | _members(opened, n), over, known),
                    *_one(joint, -1, here, over, known),
                ]
    return None


def _members(ranges: Iterable[V], index: Symbol) -> frozenset[V]:
    return frozenset(V(Variable(v.base.name, index), v.copy) for v in ranges)


def _are_independent(joint: J, one: frozenset[V], other: frozenset[V], given: frozenset[V], known: Knowledge) -> bool:
    parents = _parents(J(joint.name, one | other | given, joint.stopped), known)
    names = [{str(v) for v in group} for group in (one, other, given)]
    return parents is not None and independence.independent(parents, *names)


def _one(joint: J, sign: int, variables: Iterable[V], limits: Over, known: Knowledge) -> Opened:
    """One marginal of the opened product, or nothing if it is one."""
    smaller = known.marginal(joint.name, variables, joint.stopped)
    return [] if smaller is None else [(sign, smaller, limits)]
