"""Decide a relation between explicit formulas: random points first, then a proof, in a process that can be killed."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import islice

import sympy
from sympy import Expr, IndexedBase
from sympy.matrices.matrixbase import MatrixBase

from derivations.closed_form.claim import Claim
from derivations.closed_form.lower import Formula, NotExplicit
from derivations.closed_form.moments import NoMoment
from derivations.closed_form.worker import WORKER, Prove, TestAtPoints
from derivations.constants import BOUNDS, is_loose, without_constants
from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.language import Quantity, Relation, Sign
from derivations.verdict import Status, Verdict, proved, undecided

BUDGET = 8.0  # seconds of the processor for one claim; a matrix shares them among its entries
LEAST = 2.0  # for one entry
MAX_NODES = 20_000
FEW_POINTS, ALL_POINTS = 8, 64

SIGNS = {
    Sign.EQUAL: "=",
    Sign.DEFINED: "=",
    Sign.AT_MOST: "<=",
    Sign.AT_LEAST: ">=",
    Sign.LESS: "<",
    Sign.GREATER: ">",
}


def decide(relation: Relation, context: Context, seconds: float = BUDGET) -> Verdict:
    """The verdict on a relation whose two sides have explicit formulas under `context`.

    A side that has none (an arbitrary density, say) makes it `undecided`, with the reason. Matrices are compared
    entry by entry; relations up to an additive constant (or factor) between two values of what varies.
    """
    started = time.perf_counter()
    try:
        claims = claims_of(relation, context)
    except (NotExplicit, NoMoment) as reason:
        return undecided(str(reason), ("closed form",))
    verdict = _together([_decide_one(name, claim, max(LEAST, seconds / len(claims))) for name, claim in claims])
    return replace(verdict, seconds=time.perf_counter() - started)


def claims_of(relation: Relation, context: Context) -> list[tuple[str, Claim]]:
    """The scalar claims a relation makes, each with the name of its entry (empty for a scalar).

    Raises `NotExplicit` or `NoMoment` if a side has no formula.
    """
    sign, write = relation.sign, Formula(context)
    if sign is Sign.DISTRIBUTED:
        raise NotExplicit("it says how something is distributed")
    if is_loose(relation, context):
        return [("", _loose(relation, write))]
    sides = [write(relation.left), write(relation.right)]
    return [(name, Claim(one, SIGNS[sign], other)) for name, one, other in _entries(*sides)]


def _loose(relation: Relation, write: Formula) -> Claim:
    """The claim of a relation up to a constant; one up to a factor is one of logarithms."""
    if relation.sign in BOUNDS:
        raise NotExplicit("a bound up to a constant says nothing")
    plain = without_constants(relation, write.context)
    sides = [write(plain.left), write(plain.right)]
    if any(isinstance(side, MatrixBase) for side in sides):
        raise NotExplicit("a matrix up to a constant")
    if plain.sign is Sign.PROPORTIONAL:
        sides = [sympy.log(side) for side in sides]
    return _up_to_constant(sides[0], sides[1], _varying(relation, sides, write))


def _varying(relation: Relation, sides: list[Expr], write: Formula) -> list[Expr]:
    r"""What a constant may not depend on, where it stands in a side.

    That is the argument of the function that a side is, $\eta$ for $A(\eta)$, or else what varies in the context, or
    else, where there are data and nothing else, every random variable.
    """
    named = _arguments(relation, write.context) or write.context.varying
    symbols = {symbol for side in sides for symbol in side.free_symbols}
    if named:
        return [term for term in map(write, named) if any(side.has(term) for side in sides)]
    return [symbol for symbol in symbols if symbol.name in write.context.variables]


def _arguments(relation: Relation, context: Context) -> list[Expr]:
    """The coordinates that a side is a function of; none where neither side is a function's name."""
    functions = [side for side in (relation.left, relation.right) if isinstance(side, Quantity)]
    written = [expand_quantities(argument, context) for function in functions for argument in function.arguments]
    return sorted({symbol for term in written for symbol in term.free_symbols}, key=str)


def _up_to_constant(left: Expr, right: Expr, varying: list[Expr]) -> Claim:
    """The claim that `left - right` is the same at any two values of what varies."""
    if not varying:
        raise NotExplicit("up to a constant it says nothing: constant in what?")
    moved = {term: _another(term) for term in varying}
    return Claim(left - left.xreplace(moved), "=", right - right.xreplace(moved))


def _another(term: Expr) -> Expr:
    if isinstance(term, IndexedBase):
        return IndexedBase(_another(term.label))
    return sympy.Symbol(f"{term}'", positive=term.is_positive, real=True)


def _entries(left: Expr | MatrixBase, right: Expr | MatrixBase) -> list[tuple[str, Expr, Expr]]:
    """Pairs of entries with their names; a matrix may be compared with the number 0."""
    shapes = [side.shape for side in (left, right) if isinstance(side, MatrixBase)]
    if not shapes:
        return [("", left, right)]
    if len(shapes) == 2 and shapes[0] != shapes[1]:
        raise NotExplicit(f"the sides have the shapes {shapes[0]} and {shapes[1]}")
    sides = [side if isinstance(side, MatrixBase) else _constant_matrix(side, shapes[0]) for side in (left, right)]
    rows, columns = shapes[0]
    places = [(i, j) for i in range(rows) for j in range(columns)]
    return [(f"entry ({i + 1}, {j + 1}): ", sides[0][i, j], sides[1][i, j]) for i, j in places]


def _constant_matrix(value: Expr, shape: tuple[int, int]) -> MatrixBase:
    if value != 0:
        raise NotExplicit("a matrix is compared with a number")
    return sympy.zeros(*shape)


def _decide_one(name: str, claim: Claim, seconds: float) -> Verdict:
    nodes = sum(1 for side in (claim.left, claim.right) for _ in islice(sympy.preorder_traversal(side), MAX_NODES))
    if nodes >= MAX_NODES:
        return undecided(f"{name}a side has more than {MAX_NODES} terms", ("closed form",))
    verdict = proved("algebra", "both sides are the same") if _same(claim) else _steps(claim, seconds)
    return replace(verdict, evidence=name + verdict.evidence)


def _same(claim: Claim) -> bool:
    """Whether the two sides are the same expression, so that there is nothing to ask."""
    return claim.left == claim.right and claim.sign in ("=", "<=", ">=")


def _steps(claim: Claim, seconds: float) -> Verdict:
    """A few points refute most false claims; then a proof, for half the time; without one, all the points."""
    nothing = undecided(f"no answer within {seconds:.1f} s", ("random points", "normal form"))
    tested = WORKER.ask(TestAtPoints(claim, FEW_POINTS, seed=1), seconds / 4)
    if tested is not None and tested.status is Status.REFUTED:
        return tested
    proof = WORKER.ask(Prove(claim), seconds / 2)
    if proof is not None or (tested is not None and tested.status is Status.UNDECIDED):
        return proof or tested or nothing
    return WORKER.ask(TestAtPoints(claim, ALL_POINTS, seed=2), seconds / 4) or nothing


def _together(verdicts: list[Verdict]) -> Verdict:
    """The verdict on all entries: the worst one, with the rules of all."""
    order = (Status.REFUTED, Status.UNDECIDED, Status.SUPPORTED, Status.PROVED)
    worst = min(verdicts, key=lambda verdict: order.index(verdict.status))
    if worst.status is not Status.PROVED or len(verdicts) == 1:
        return worst
    used = dict.fromkeys(rule for verdict in verdicts for rule in verdict.rule.split(", "))
    return replace(worst, rule=", ".join(used), evidence="all entries have the same normal form")
