r"""Small edits of an expression: the slips a derivation is usually one of away from.

One sign, one factor, a misplaced log, one missing or extra term, an index bound, the variables of an
expectation, what a density is conditioned on, $J$ against $J^{-1}$, a rate for a scale. Each edit comes with its
description; nothing here says whether it helps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

from sympy import Add, Basic, Expr, Integer, Mul, Pow, Rational, Symbol, Tuple, log, preorder_traversal

from derivations.context import Context
from derivations.language import (
    KL,
    Array,
    Bare,
    Density,
    Expectation,
    IndexedProduct,
    IndexedSum,
    MatrixQuantity,
    Transposed,
    Variable,
    VariableRange,
    latex,
)


class Edit(NamedTuple):
    """What is changed, in words, and the result; edits of lower `rank` are likelier slips."""

    rank: int
    words: str
    term: Any


_SLIP, _SIGN, _TERM, _FACTOR = range(4)
_SUMMANDS = 6  # pairs of signs are tried in sums of at most so many terms


@dataclass(frozen=True)
class Pool:
    """What may be put into an expression: measures, logs of densities, counts."""

    measures: tuple[Basic, ...]
    terms: tuple[Expr, ...]
    counts: tuple[Expr, ...]
    context: Context


def pool_of(sides: Iterable[Basic], context: Context) -> Pool:
    """The measures, log densities and counts of a statement and its context."""
    nodes = [node for side in sides for node in preorder_traversal(side)]
    measures = [node.measure for node in nodes if isinstance(node, Expectation)]
    measures += [Bare(name) for name in context.measures]
    measures += [node for node in nodes if isinstance(node, Density)]
    factors = [_log_factor(factor) for f in context.factorizations for factor in f.factors]
    terms = [log(node) for node in nodes if isinstance(node, Density)] + factors
    terms += [
        Expectation(d, log(d)) for d in {d for m in context.measures.values() for d in m} if isinstance(d, Density)
    ]
    counts = [node for node in nodes if isinstance(node, Symbol) and node.name in context.integers]
    return Pool(tuple(dict.fromkeys(measures)), tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(counts)), context)


def _log_factor(factor: Expr) -> Expr:
    if isinstance(factor, IndexedProduct):
        return IndexedSum(log(factor.body), factor.index, factor.lower, factor.upper)
    return log(factor)


def edits(expr: Any, pool: Pool) -> Iterator[Edit]:
    """Every small edit of an expression: of the whole, then of its parts from the outside in."""
    yield from _whole(expr, pool)
    yield from _parts(expr, pool)


def _whole(expr: Any, pool: Pool) -> Iterator[Edit]:
    """Of the whole expression: sign, factor, a reciprocal parameter, an inverse or transposed matrix."""
    yield from _plates(expr, pool.context)
    yield Edit(_SIGN, "the sign is changed", -expr)
    if not isinstance(expr, Array):
        for factor in (Integer(2), Rational(1, 2), *pool.counts, *(1 / count for count in pool.counts)):
            yield Edit(_FACTOR, f"a factor {_math(factor)} is added", factor * expr)
    for symbol in sorted(_positive_symbols(expr), key=str):
        words = f"{_math(symbol)} is replaced by {_math(1 / symbol)} (rate against scale)"
        yield Edit(_FACTOR, words, _exchange(expr, symbol))
    for matrix in sorted({node for node in preorder_traversal(expr) if isinstance(node, MatrixQuantity)}, key=str):
        yield Edit(_SLIP, f"{_math(matrix)} is replaced by its inverse", expr.xreplace({matrix: matrix**-1}))
        transposed = expr.xreplace({matrix: Transposed(matrix)})
        yield Edit(_SLIP, f"{_math(matrix)} is replaced by its transpose", transposed)


def _plates(expr: Basic, context: Context) -> Iterator[Edit]:
    r"""Densities of one member of a plate, $p(x \mid z, y_n)$ with a free $n$, become the product over it."""
    for name, (lower, upper) in context.ranges.items():
        index = context.symbol(name)
        single = {d for d in expr.atoms(Density) if index in d.free_symbols} if index in expr.free_symbols else set()
        members = {
            block: Variable(block.name, index)
            for block, parts in context.blocks.items()
            if isinstance(parts[0], VariableRange) and parts[0].name == block.name
        }
        products = {d: IndexedProduct(d.xreplace(members), index, lower, upper) for d in single}
        if products:
            yield Edit(_SLIP, f"the product over {_math(index)} is written", expr.xreplace(products))


def _positive_symbols(expr: Basic) -> set[Symbol]:
    return {s for s in expr.free_symbols if isinstance(s, Symbol) and s.is_positive and not s.is_integer}


def _exchange(expr: Any, symbol: Symbol) -> Any:
    return expr.xreplace({symbol: 1 / symbol})


def _parts(node: Any, pool: Pool) -> Iterator[Edit]:
    """Edits of one node, then of what is inside it."""
    for kind, rule in _RULES.items():
        if isinstance(node, kind):
            yield from rule(node, pool)
    if isinstance(node, Array):
        yield from _entries(node, pool)
    elif not isinstance(node, (Density, Symbol)):
        for i, arg in enumerate(node.args):
            if isinstance(arg, (Expr, Tuple)):
                for edit in _parts(arg, pool):
                    yield edit._replace(term=node.func(*node.args[:i], edit.term, *node.args[i + 1 :]))


def _entries(array: Array, pool: Pool) -> Iterator[Edit]:
    """Each entry of an array, edited."""
    rows, columns = array.matrix.shape
    for i in range(rows):
        for j in range(columns):
            entry = array.matrix[i, j]
            sign = Edit(_SIGN, f"the sign of entry ({i + 1}, {j + 1}) is changed", -entry)
            for edit in (sign, *_parts(entry, pool)):
                matrix = array.matrix.as_mutable()
                matrix[i, j] = edit.term
                yield edit._replace(term=Array(matrix))


def _sum(node: Add, pool: Pool) -> Iterator[Edit]:
    """Of a sum: the sign or the factor of a term, a term too few or too many."""
    terms = node.args
    for term in terms:
        yield Edit(_SIGN, f"the sign of {_math(term)} is changed", node - 2 * term)
    for term in terms:
        yield Edit(_TERM, f"the term {_math(term)} is dropped", node - term)
        for factor in (Integer(2), Rational(1, 2)):
            words = f"a factor {_math(factor)} is added to {_math(term)}"
            yield Edit(_FACTOR, words, node + (factor - 1) * term)
    if len(terms) <= _SUMMANDS:
        for pair in combinations(terms, 2):
            words = " and ".join(_math(term) for term in pair)
            yield Edit(_TERM, f"the signs of {words} are changed", node - 2 * Add(*pair))
    for term in pool.terms:
        yield Edit(_TERM, f"the term {_math(term)} is added", node + term)
        yield Edit(_TERM, f"the term {_math(-term)} is added", node - term)


def _product(node: Mul, pool: Pool) -> Iterator[Edit]:
    """Of a product: a factor too few, or the log of the whole fraction."""
    logs = [factor for factor in node.args if isinstance(factor, log)]
    below = [factor for factor in node.args if isinstance(factor, Pow) and factor.exp.is_negative]
    for factor in logs:
        for denominator in below:
            rest = Mul(*(f for f in node.args if f not in (factor, denominator)))
            whole = rest * log(factor.args[0] * denominator)
            yield Edit(_SLIP, "the log is taken of the whole fraction", whole)
    if node.is_commutative and len(node.args) <= _SUMMANDS:
        for factor in node.args:
            if not factor.is_number:
                yield Edit(_FACTOR, f"the factor {_math(factor)} is dropped", node / factor)


def _log(node: Any, pool: Pool) -> Iterator[Edit]:
    """Of a logarithm: moved inside, or of another density."""
    (inside,) = node.args
    if isinstance(inside, (Expectation, IndexedSum)):
        moved = inside.func(*(log(a) if a == inside.body else a for a in inside.args))
        yield Edit(_SLIP, "the log is moved inside", moved)
    if isinstance(inside, Density):
        for edit in _density(inside, pool):
            yield edit._replace(term=log(edit.term))


def _expectation(node: Expectation, pool: Pool) -> Iterator[Edit]:
    """Of an expectation: over something else, or with the log outside."""
    for measure in pool.measures:
        if measure != node.measure:
            words = f"the expectation is over {_under(measure)}"
            yield Edit(_TERM, words, Expectation(measure, node.body))
    if isinstance(node.body, log):
        outside = log(Expectation(node.measure, node.body.args[0]))
        yield Edit(_SLIP, "the log is moved outside the expectation", outside)


def _divergence(node: KL, pool: Pool) -> Iterator[Edit]:
    yield Edit(_SLIP, "the arguments of KL are exchanged", KL(node.p, node.q))


def _indexed(node: IndexedSum, pool: Pool) -> Iterator[Edit]:
    """Of a sum over an index: its limits, one off."""
    for shift in (1, -1):
        lower, upper = node.lower + shift, node.upper + shift
        index = _math(node.index)
        later = IndexedSum(node.body, node.index, lower, node.upper)
        yield Edit(_SLIP, f"the sum over {index} starts at {_math(lower)}", later)
        shorter = IndexedSum(node.body, node.index, node.lower, upper)
        yield Edit(_SLIP, f"the sum over {index} ends at {_math(upper)}", shorter)


def _density(node: Density, pool: Pool) -> Iterator[Edit]:
    """The same density with one variable moved across the bar or left out."""
    of, given = set(node.of), set(node.given)
    moves: list[tuple[set[Expr], set[Expr]]] = [(of | given, set())] if given else []
    moves += [(of - {v}, given | {v}) for v in of if len(of) > 1]
    moves += [(of, given - {v}) for v in given] + ([(given, of)] if given else [])
    for above, below in moves:
        new = Density(node.name, above, below, node.parameters)
        if new != node:
            yield Edit(_TERM, f"{_math(node)} is {_math(new)}", new)


def _under(measure: Basic) -> str:
    if measure == Bare():
        return "what a plain E means"
    return " ".join(_math(factor) for factor in (measure.args if isinstance(measure, Tuple) else (measure,)))


def _math(term: Any) -> str:
    return f"${latex(term)}$"


_RULES: dict[type, Any] = {
    Mul: _product,
    IndexedSum: _indexed,
    Expectation: _expectation,
    KL: _divergence,
    log: _log,
    Add: _sum,
    Density: _density,
}
