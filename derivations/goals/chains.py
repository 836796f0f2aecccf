"""The steps of a question as chains: which sides are connected, and how."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, replace

from sympy import Basic, Expr, log

from derivations.constants import is_loose, without_constants
from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.language import Density, Quantity, Relation, Sign
from derivations.members import instances
from derivations.models.concrete import Meaningless
from derivations.models.varying import constant_in

HOLDS = frozenset({"proved", "supported"})
CHAINED = {
    **{sign: sign for sign in (Sign.EQUAL, Sign.AT_MOST, Sign.AT_LEAST)},
    **{Sign.DEFINED: Sign.EQUAL, Sign.LESS: Sign.AT_MOST, Sign.GREATER: Sign.AT_LEAST},
}
TURNED = {Sign.AT_MOST: Sign.AT_LEAST, Sign.AT_LEAST: Sign.AT_MOST}


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

    @property
    def is_recorded(self) -> bool:
        """Whether it gives something a name, or asks for something, and claims nothing."""
        return self.verdict == "recorded"


@dataclass(frozen=True)
class Bond:
    """How two sides are related: by a sign, and where that is up to a constant, what the constant is constant in."""

    sign: Sign
    constant_in: frozenset[Basic] = frozenset()

    def turned(self) -> Bond:
        """The same, read from right to left."""
        return Bond(TURNED.get(self.sign, self.sign), self.constant_in)

    def then(self, other: Bond) -> Bond | None:
        """Two steps together, or None if they say nothing together."""
        if self.sign is Sign.EQUAL:
            return other
        if other.sign is Sign.EQUAL:
            return self
        common = self.constant_in & other.constant_in
        says_nothing = self.sign is not other.sign or (self.sign is Sign.EQUAL_UP_TO_CONSTANT and not common)
        return None if says_nothing else Bond(self.sign, common)


EQUAL = Bond(Sign.EQUAL)


@dataclass(frozen=True)
class Link:
    """Two sides that steps connect, `left bond right`, ending with the step at `line`."""

    left: Expr
    bond: Bond
    right: Expr
    line: int


class Chains:
    """Steps connected at the sides they share, however a defined name is written.

    A side is followed from step to step as long as the signs point one way: from `A = B` and `B <= C` to `A <= C`, and
    from two steps up to a constant only as far as both constants are constant in the same. What is said of a density
    is said of its logarithm too.
    """

    def __init__(self, statements: Collection[Statement], context: Context) -> None:
        named = tuple(d for d in context.definitions if isinstance(d.left, Quantity))
        self.context = replace(context, definitions=named)
        self.next: dict[Basic, list[tuple[Bond, Basic, int]]] = {}
        self.sides: dict[Basic, Expr] = {}
        for statement in statements:
            self._add(statement)

    def key(self, term: Expr) -> Basic:
        """The term with every name written out: sides with one key are one side."""
        return expand_quantities(term, self.context)

    def _add(self, statement: Statement) -> None:
        relation, line = statement.relation, statement.line
        if not (isinstance(relation.left, Expr) and isinstance(relation.right, Expr)):
            return  # lists
        loose = is_loose(relation, self.context)
        bond, plain = loosely(relation, self.context) if loose else (_bond(relation), relation)
        if bond is None:
            return
        if isinstance(relation.left, Density) and not loose and bond == EQUAL:
            self._connect(log(plain.left), bond, log(plain.right), line)
        self._connect(plain.left, bond, plain.right, line)

    def _connect(self, left: Expr, bond: Bond, right: Expr, line: int) -> None:
        start, end = self.key(left), self.key(right)
        if start != end:
            self.sides |= {start: left, end: right}
            self.next.setdefault(start, []).append((bond, end, line))
            self.next.setdefault(end, []).append((bond.turned(), start, line))

    def links(self) -> Iterator[Link]:
        """Every pair of connected sides, in one direction only."""
        seen: set[Hashable] = set()
        for start, left in self.sides.items():
            for bond, end, line in self._reached(start):
                ends = {Sign.AT_MOST: (start, end), Sign.AT_LEAST: (end, start)}.get(bond.sign, frozenset((start, end)))
                kind = "bound" if bond.sign in TURNED else bond
                if (kind, ends) not in seen:
                    seen.add((kind, ends))
                    yield Link(left, bond, self.sides[end], line)

    def connected(self, left: Expr, right: Expr) -> bool:
        """Whether equations lead from one term to the other."""
        start, end = self.key(left), self.key(right)
        return start == end or any(bond == EQUAL and there == end for bond, there, _ in self._reached(start))

    def _reached(self, start: Basic) -> Iterator[tuple[Bond, Basic, int]]:
        """What steps lead to from one side, nearest first: the composed bond, the side, the line of the last step."""
        waiting, seen = [(EQUAL, start)], {(EQUAL, start)}
        while waiting:
            bond, here = waiting.pop(0)
            for further, there, line in self.next.get(here, ()):
                composed = bond.then(further)
                if composed is not None and (composed, there) not in seen and there != start:
                    seen.add((composed, there))
                    waiting.append((composed, there))
                    yield composed, there, line


def _bond(relation: Relation) -> Bond | None:
    return Bond(CHAINED[relation.sign]) if relation.sign in CHAINED else None


def loosely(relation: Relation, context: Context) -> tuple[Bond | None, Relation]:
    """A relation up to a constant without its constants, and their bond, which is None where they say nothing."""
    ((_, at), *_) = instances(relation, context)
    plain = without_constants(relation, context)
    if plain.sign is Sign.PROPORTIONAL:
        plain = Relation(log(plain.left), Sign.EQUAL_UP_TO_CONSTANT, log(plain.right))
    try:
        return Bond(Sign.EQUAL_UP_TO_CONSTANT, frozenset(constant_in(relation, at))), plain
    except Meaningless:
        return None, plain
