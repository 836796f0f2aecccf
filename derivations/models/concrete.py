r"""A statement at given sizes: every sum, product, range, block and named quantity written out.

At $T = 3$ the sum $\sum_{t=2}^T \log q(x_t \mid x_{t-1})$ becomes two logs, $x_{0:T}$ becomes four variables
and $\mathbb{E}_{Z_1,\dots,Z_K}$ an expectation over a product of $K$ densities. What is left mentions only
variables with whole numbers as indices, so that it can be evaluated on a table of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import product
from operator import mul

from sympy import Add, Basic, Expr, Integer, Mul, Symbol, Tuple, preorder_traversal, sympify

from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.language import (
    Density,
    Expectation,
    IndexedProduct,
    IndexedSum,
    Marginal,
    Relation,
    Variable,
    VariableRange,
)

Sizes = Mapping[Symbol, int]


class Meaningless(Exception):
    """The context does not say what a term means; the message names the term."""


def concrete(expr: Expr, context: Context, sizes: Sizes) -> Expr:
    """`expr` with definitions, sums, products and ranges written out at these sizes."""
    return _Writer(context).write(expand_quantities(expr, context), dict(sizes))


def factors_of(name: str, context: Context, sizes: Sizes) -> list[Density]:
    """The factors of a joint written out at these sizes."""
    writer = _Writer(context)
    return [density for factor in context.factors(name) for density in writer.densities(factor, dict(sizes))]


class _Writer:
    """Writes an expression out for given values of its indices."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def write(self, expr: Basic, at: dict[Symbol, int]) -> Expr:
        """`expr` written out where the indices have the values `at`."""
        if isinstance(expr, Symbol):
            return Integer(at[expr]) if expr in at else expr
        if isinstance(expr, IndexedSum):
            return Add(*self._members(expr, at))
        if isinstance(expr, IndexedProduct):
            return Mul(*self._members(expr, at))
        if isinstance(expr, Expectation):
            return Expectation(Tuple(*self._measure(expr, at)), self.write(expr.body, at))
        if isinstance(expr, Density):
            return self._density(expr, at)
        if isinstance(expr, Marginal):
            return Marginal(self.write(expr.body, at), tuple(self.variables(expr.variables, at)))
        return expr.func(*(self.write(arg, at) for arg in expr.args)) if expr.args else expr

    def densities(self, factor: Basic, at: dict[Symbol, int]) -> list[Density]:
        """A factor of a measure, or of a joint, as densities."""
        if isinstance(factor, IndexedProduct):
            return [
                density
                for value in self._values(factor, at)
                for density in self.densities(factor.body, {**at, factor.index: value})
            ]
        written = self.write(factor, at)
        members = written.args if isinstance(written, Mul) else (written,)
        if not all(isinstance(member, Density) for member in members):
            raise Meaningless(f"{factor} is not a density to take an expectation under")
        return list(members)

    def variables(self, terms: tuple[Expr, ...], at: dict[Symbol, int]) -> Iterator[Variable]:
        """Random variables with ranges and blocks written out."""
        for term in terms:
            if isinstance(term, VariableRange):
                lower, upper = self._whole(term.lower, at), self._whole(term.upper, at)
                yield from (Variable(term.name, index) for index in range(lower, upper + 1))
            elif term in self.context.blocks:
                yield from self.variables(self.context.blocks[term], at)
            elif isinstance(term, Variable) and term.index is not None:
                yield Variable(term.name, self._whole(term.index, at))
            else:
                yield term

    def _density(self, density: Density, at: dict[Symbol, int]) -> Density:
        parameters = [self.write(parameter, at) for parameter in density.parameters]
        return Density(density.name, self.variables(density.of, at), self.variables(density.given, at), parameters)

    def _measure(self, expectation: Expectation, at: dict[Symbol, int]) -> list[Density]:
        """The densities that an expectation is over."""
        try:
            factors = self.context.measure(expectation.measure)
        except KeyError as error:
            raise Meaningless(str(error.args[0])) from error
        if not factors:
            raise Meaningless(self.context.unknown(expectation.measure))
        return [density for factor in factors for density in self.densities(factor, at)]

    def _members(self, expr: IndexedSum | IndexedProduct, at: dict[Symbol, int]) -> list[Expr]:
        return [self.write(expr.body, {**at, expr.index: value}) for value in self._values(expr, at)]

    def _values(self, expr: IndexedSum | IndexedProduct, at: dict[Symbol, int]) -> range:
        return range(self._whole(expr.lower, at), self._whole(expr.upper, at) + 1)

    def _whole(self, index: Expr, at: dict[Symbol, int]) -> int:
        """The number that an index has here."""
        value = index.xreplace({symbol: Integer(number) for symbol, number in at.items()})
        if not value.is_Integer:
            raise Meaningless(f"the index {index} has no value")
        return int(value)


def free_indices(relation: Relation, context: Context) -> set[Symbol]:
    """Symbols that stand in a subscript or a bound and that no sum binds."""
    found: set[Symbol] = set()
    for side in (relation.left, relation.right):
        found |= _index_symbols(expand_quantities(side, context), frozenset())
    return found


def _index_symbols(expr: Basic, bound: frozenset[Symbol]) -> set[Symbol]:
    """Free symbols in indices and limits."""
    if isinstance(expr, Variable):
        return (set() if expr.index is None else expr.index.free_symbols) - bound
    if isinstance(expr, VariableRange):
        return expr.free_symbols - bound
    if isinstance(expr, (IndexedSum, IndexedProduct)):
        limits = expr.lower.free_symbols | expr.upper.free_symbols
        return (limits - bound) | _index_symbols(expr.body, bound | {expr.index})
    return reduce(set.union, (_index_symbols(arg, bound) for arg in expr.args), set())


def size_symbols(relation: Relation, context: Context) -> tuple[set[Symbol], set[Symbol]]:
    """(counts such as T, K, N; free indices such as t, which run over their range in the context)."""
    inside = free_indices(relation, context)
    running = {symbol for symbol in inside if symbol.name in context.ranges}
    counts = (inside - running) | _context_counts(context)
    counts |= {s for index in running for limit in context.ranges[index.name] for s in sympify(limit).free_symbols}
    return counts, running


def _context_counts(context: Context) -> set[Symbol]:
    """Counts in the bounds of the joints and blocks of the context."""
    terms: list[Basic] = [factor for f in context.factorizations for factor in f.factors]
    terms += [member for block in context.blocks.values() for member in block]
    products = [
        node for term in terms for node in preorder_traversal(term) if isinstance(node, (IndexedProduct, VariableRange))
    ]
    return {s for node in products for limit in (node.lower, node.upper) for s in limit.free_symbols}


def running_values(running: set[Symbol], context: Context, sizes: Sizes) -> Iterator[dict[Symbol, int]]:
    """Every value of the free indices at these sizes."""
    indices = sorted(running, key=str)
    values = {symbol: Integer(number) for symbol, number in sizes.items()}
    limits = [[int(sympify(limit).xreplace(values)) for limit in context.ranges[index.name]] for index in indices]
    for choice in product(*(range(lower, upper + 1) for lower, upper in limits)):
        yield dict(zip(indices, choice, strict=True))


def entries(counts: list[int]) -> int:
    """The number of entries of a table over variables with so many values each."""
    return reduce(mul, counts, 1)
