"""The steps of a question as chains: which sides are connected, and how."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, replace

from sympy import Basic, Expr, log

from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.language import Density, Quantity, Relation, Sign

HOLDS = frozenset({"proved", "supported"})
CHAINED = {
    **{sign: sign for sign in (Sign.EQUAL, Sign.AT_MOST, Sign.AT_LEAST, Sign.EQUAL_UP_TO_CONSTANT)},
    **{Sign.DEFINED: Sign.EQUAL, Sign.LESS: Sign.AT_MOST, Sign.GREATER: Sign.AT_LEAST},
}
TURNED = {Sign.AT_MOST: Sign.AT_LEAST, Sign.AT_LEAST: Sign.AT_MOST}
LOGGED = {Sign.PROPORTIONAL: Sign.EQUAL_UP_TO_CONSTANT}


@dataclass(frozen=True)
class Statement:
    """One step that could be read: what it says, and what was found of it (a status, or `recorded`)."""

    question: str | None
    line: int
    relation: Relation
    verdict: str

    @property
    def holds(self) -> bool:
        """Whether it is proved or supported."""
        return self.verdict in HOLDS


@dataclass(frozen=True)
class Link:
    """Two sides that steps connect: `left sign right`, ending with the step at `line`."""

    left: Expr
    sign: Sign
    right: Expr
    line: int


class Chains:
    """Steps connected at the sides they share, however a defined name is written.

    A side is followed from step to step as long as the signs point one way: from `A = B` and `B <= C` to `A <= C`. What
    is said of a density is said of its logarithm too.
    """

    def __init__(self, statements: Collection[Statement], context: Context) -> None:
        named = tuple(d for d in context.definitions if isinstance(d.left, Quantity))
        self.context = replace(context, definitions=named)
        self.next: dict[Basic, list[tuple[Sign, Basic, int]]] = {}
        self.sides: dict[Basic, Expr] = {}
        for statement in statements:
            self._add(statement)

    def key(self, term: Expr) -> Basic:
        """The term with every name written out: sides with one key are one side."""
        return expand_quantities(term, self.context)

    def _add(self, statement: Statement) -> None:
        left, sign, right = statement.relation.left, statement.relation.sign, statement.relation.right
        if not (isinstance(left, Expr) and isinstance(right, Expr)):
            return  # lists
        if isinstance(left, Density) and sign in (Sign.EQUAL, Sign.DEFINED, Sign.PROPORTIONAL):
            self._connect(log(left), LOGGED.get(sign, Sign.EQUAL), log(right), statement.line)
        if sign in CHAINED:
            self._connect(left, CHAINED[sign], right, statement.line)

    def _connect(self, left: Expr, sign: Sign, right: Expr, line: int) -> None:
        start, end = self.key(left), self.key(right)
        if start != end:
            self.sides |= {start: left, end: right}
            self.next.setdefault(start, []).append((sign, end, line))
            self.next.setdefault(end, []).append((TURNED.get(sign, sign), start, line))

    def links(self) -> Iterator[Link]:
        """Every pair of connected sides, in one direction only."""
        seen: set[Hashable] = set()
        for start, left in self.sides.items():
            for sign, end, line in self._reached(start):
                ends = {Sign.AT_MOST: (start, end), Sign.AT_LEAST: (end, start)}.get(sign, frozenset((start, end)))
                if (sign in TURNED, ends) not in seen:
                    seen.add((sign in TURNED, ends))
                    yield Link(left, sign, self.sides[end], line)

    def connected(self, left: Expr, right: Expr) -> bool:
        """Whether equations lead from one term to the other."""
        start, end = self.key(left), self.key(right)
        return start == end or any(sign is Sign.EQUAL and there == end for sign, there, _ in self._reached(start))

    def _reached(self, start: Basic) -> Iterator[tuple[Sign, Basic, int]]:
        """What steps lead to from one side, nearest first: the composed sign, the side, the line of the last step."""
        waiting, seen = [(Sign.EQUAL, start)], {(Sign.EQUAL, start)}
        while waiting:
            sign, here = waiting.pop(0)
            for further, there, line in self.next.get(here, ()):
                composed = _composed(sign, further)
                if composed is not None and (composed, there) not in seen and there != start:
                    seen.add((composed, there))
                    waiting.append((composed, there))
                    yield composed, there, line


def _composed(one: Sign, other: Sign) -> Sign | None:
    """The sign of two steps together, or None if they say nothing together."""
    if one is Sign.EQUAL or one is other:
        return other
    return one if other is Sign.EQUAL else None
