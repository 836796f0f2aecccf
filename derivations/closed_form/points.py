"""Random points of the domain a statement declares, and whether both sides agree there.

The domain is read off the symbols' own assumptions: positive, negative, integer, real. A point gives every symbol
an exact short decimal (so that a counterexample can be copied), every size of a sum a small integer, and every
entry of the data a value. Early points are of order one; later ones are spread over six decades.
A point counts only where both sides are real.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import mpmath
import sympy

from derivations.closed_form.numbers import Number, TooLarge, integer, ranges, real_value

DIGITS = 50
GUARD_DIGITS = 15
MAX_DRAWS_PER_POINT = 60

Assignment = dict[sympy.Basic, sympy.Rational]


@dataclass(frozen=True)
class Difference:
    """Two sides at one point of the domain; None is a side that is not a real number there."""

    point: Assignment
    left: Number | None
    right: Number | None


def draw_value(symbol: sympy.Basic, spread: float, rng: random.Random, size: bool = False) -> sympy.Rational:
    """A value the symbol's assumptions allow, of magnitude 10^U(-spread, spread); a size is 1 to 5."""
    if size or symbol.is_integer:
        magnitude = sympy.Integer(rng.randint(1, 5 if size else 9))
    else:
        magnitude = sympy.Rational(f"{10 ** rng.uniform(-spread, spread):.3g}")
    if symbol.is_positive or symbol.is_nonnegative or size:
        return magnitude
    if symbol.is_negative or symbol.is_nonpositive:
        return -magnitude
    return magnitude * rng.choice((-1, 1))


class Domain:
    """The free symbols, sizes and data of a statement, ready to be drawn from."""

    def __init__(self, *sides: sympy.Basic) -> None:
        indexed = set().union(*(side.atoms(sympy.Indexed) for side in sides))
        labels = {entry.base.label for entry in indexed}
        symbols = set().union(*(side.free_symbols for side in sides)) - indexed - labels
        symbols -= {base for base in symbols if isinstance(base, sympy.IndexedBase)}
        self.sides = sides
        self.sizes = _sizes(sides) | {i for entry in indexed for index in entry.indices for i in index.free_symbols}
        self.symbols = sorted(symbols, key=str)

    def draw(self, spread: float, rng: random.Random) -> Assignment:
        """A point: first the symbols and sizes, then each entry of the data that these make necessary."""
        point = {s: draw_value(s, spread, rng, size=s in self.sizes) for s in self.symbols}
        for side in self.sides:
            for entry in sorted(_entries(side, point), key=str):
                point.setdefault(entry, draw_value(entry.base.label, spread, rng))
        return point


def _sizes(sides: tuple[sympy.Basic, ...]) -> set[sympy.Basic]:
    """The symbols that bound a sum or a product."""
    bounded = set().union(*(side.atoms(sympy.Sum, sympy.Product) for side in sides))
    return {s for loop in bounded for _, low, high in loop.limits for s in low.free_symbols | high.free_symbols}


def _entries(expression: sympy.Basic, values: Assignment) -> set[sympy.Indexed]:
    """The entries of the data, with concrete indices, that `expression` reads at a point."""
    if not _reads_data(expression):
        return set()
    if isinstance(expression, sympy.Indexed):
        return {expression.base[tuple(sympy.Integer(integer(i, values)) for i in expression.indices)]}
    if isinstance(expression, sympy.Sum | sympy.Product):
        chosen = ({**values, **indices} for indices in ranges(expression, values))
        return set().union(*(_entries(expression.function, point) for point in chosen))
    return set().union(*(_entries(argument, values) for argument in expression.args))


@lru_cache(maxsize=10_000)
def _reads_data(expression: sympy.Basic) -> bool:
    return expression.has(sympy.Indexed)


def sample(left: sympy.Expr, right: sympy.Expr, n_points: int, seed: int) -> Iterator[Difference]:
    """Points where at least one side is real, until both were `n_points` times (or hardly ever are).

    Raises `NotNumeric` if a part of a side has no numbers.
    """
    rng = random.Random(seed)
    domain = Domain(left, right)
    found = 0
    for draw in range(MAX_DRAWS_PER_POINT * n_points):
        point = domain.draw(0.5 + min(2.5, 3 * found / n_points) * (draw % 3 > 0), rng)
        try:
            one, other = (real_value(side, point, DIGITS + GUARD_DIGITS) for side in (left, right))
        except TooLarge:
            continue
        if one is not None or other is not None:
            yield Difference(point, one, other)
        found += one is not None and other is not None
        if found == n_points:
            return


def agree(difference: Difference, left: sympy.Expr, right: sympy.Expr) -> bool:
    """Whether two sides' numbers are equal to 50 digits, or would be at higher precision (a cancellation)."""
    one, other = difference.left, difference.right
    assert one is not None and other is not None
    with mpmath.workdps(DIGITS + GUARD_DIGITS):
        gap, scale = abs(one - other), max(abs(one), abs(other))
        if gap <= scale * mpmath.mpf(10) ** -DIGITS:
            return True
    finer = _gap(left, right, difference.point, digits=4 * DIGITS)
    return finer is not None and finer <= gap * mpmath.mpf(10) ** -DIGITS


def _gap(left: sympy.Expr, right: sympy.Expr, point: Assignment, digits: int) -> mpmath.mpf | None:
    one, other = real_value(left, point, digits), real_value(right, point, digits)
    with mpmath.workdps(digits):
        return None if one is None or other is None else abs(one - other)
