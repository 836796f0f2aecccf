"""What a named quantity stands for: definitions of the context, written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sympy import Basic, Dummy, Expr, Symbol, Tuple

from derivations.context import Context, Definition
from derivations.language import (
    Bare,
    Density,
    Expectation,
    Gradient,
    IndexedProduct,
    IndexedSum,
    Quantity,
    Relation,
    Variable,
    contains,
)

_DEPTH = 8  # definitions refer to earlier ones; a circle of definitions ends here


def expand_quantities(expr: Expr, context: Context) -> Expr:
    """`expr` with every quantity or density the context defines replaced by what it stands for."""
    for _ in range(_DEPTH):
        expanded = _replace(expr, context)
        if expanded == expr:
            break
        expr = expanded
    return expr


def _replace(expr: Basic, context: Context) -> Basic:
    exact = next((d.right for d in context.definitions if d.left == expr), None)
    if exact is not None:  # L_T has its own definition beside that of L_{t-1}
        return exact
    for definition in context.definitions:
        values = _match(definition.left, expr, context)
        if values is not None:
            return substituted(definition.right, values)
    if isinstance(expr, Gradient):
        return expr.func(_replace(expr.body, _without(expr.wrt, context)), expr.wrt)
    if not expr.args:
        return expr
    args = [_replace(arg, context) for arg in expr.args]
    return expr if all(new is old for new, old in zip(args, expr.args, strict=True)) else expr.func(*args)


def _without(wrt: Basic, context: Context) -> Context:
    """The context in which a derivative's coordinates are free."""
    free = wrt.args if isinstance(wrt, Tuple) else (wrt,)
    return replace(context, definitions=tuple(d for d in context.definitions if d.left not in free))


def _match(pattern: Expr, expr: Basic, context: Context) -> dict[Basic, Basic] | None:
    r"""The values of the pattern's free indices and arguments under which it is `expr`, or None.

    A letter that has a meaning of its own stands for nothing else: $\theta = (\alpha, \beta)$ is not $\eta$.
    """
    if not (isinstance(pattern, Quantity) and isinstance(expr, Quantity) and pattern.name == expr.name):
        return None
    named = {d.left for d in context.definitions if isinstance(d.right, Tuple)}
    parts = zip((pattern.index, *pattern.arguments), (expr.index, *expr.arguments), strict=False)
    if any(old in named and old != new for old, new in parts if new is not None):
        return None
    if (pattern.index is None) != (expr.index is None):
        return None
    values: dict[Basic, Basic] = {}
    if pattern.index is not None and pattern.index != expr.index:
        shift = _solve(pattern.index, expr.index)
        if shift is None:
            return None
        values |= shift
    return values | _match_arguments(pattern, expr) if _same_arity(pattern, expr) else None


def substituted(expr: Basic, values: Mapping[Basic, Basic]) -> Any:
    """`expr` with free symbols replaced; the index of a sum or product is bound and stays itself."""
    if expr in values:
        return values[expr]
    if not expr.args:
        return expr
    if isinstance(expr, (IndexedSum, IndexedProduct)):
        lower, upper = (substituted(limit, values) for limit in (expr.lower, expr.upper))
        inside = {old: new for old, new in values.items() if old != expr.index}
        index, body = expr.index, expr.body
        if any(index in new.free_symbols for new in inside.values()):
            index = Dummy(index.name, integer=True)
            body = substituted(body, {expr.index: index})
        return expr.func(substituted(body, inside), index, lower, upper)
    return expr.func(*(substituted(arg, values) for arg in expr.args))


def _solve(pattern: Expr, index: Expr) -> dict[Basic, Basic] | None:
    """The value of the one symbol in `pattern` (t, or t - 1) that makes it `index`."""
    symbols = pattern.free_symbols
    if len(symbols) != 1:
        return None
    (symbol,) = symbols
    offset = pattern - symbol
    return {symbol: index - offset} if isinstance(symbol, Symbol) and offset.is_Integer else None


def _same_arity(pattern: Quantity, expr: Quantity) -> bool:
    """Arguments may be left out in a mention: $\\mathcal{L}$ is $\\mathcal{L}(q)$."""
    return not expr.arguments or len(expr.arguments) == len(pattern.arguments)


def _match_arguments(pattern: Quantity, expr: Quantity) -> dict[Basic, Basic]:
    pairs = zip(pattern.arguments, expr.arguments, strict=False)
    return {old: new for old, new in pairs if isinstance(old, Symbol | Variable) and old != new}


def coordinates_in_use(relation: Relation, context: Context) -> Context:
    """The context without the changes of coordinates the statement does not mention.

    A definition of a plain symbol, $\\lambda_N = 1 / \\sigma^2$, says how two coordinates are related; where no
    $\\sigma$ occurs, $\\lambda_N$ is a number like any other.
    """
    changes = [d for d in context.definitions if _is_change(d)]
    others = tuple(d for d in context.definitions if d not in changes)
    fixed = replace(context, definitions=others)
    sides = [expand_quantities(side, fixed) for side in (relation.left, relation.right)]
    mentioned = {s for side in sides for term in (side, *_measures(side, context)) for s in term.free_symbols}
    used = tuple(d for d in changes if d.right.free_symbols & mentioned)
    return replace(context, definitions=others + used)


def _measures(side: Expr, context: Context) -> Iterator[Basic]:
    r"""What a bare $\mathbb{E}$ in a side is over."""
    for expectation in side.atoms(Expectation):
        if isinstance(expectation.measure, Bare):
            yield from context.measure(expectation.measure)


def _is_change(definition: Definition) -> bool:
    numbers = not isinstance(definition.right, Tuple) and not contains(definition.right, Density)
    return isinstance(definition.left, Symbol) and numbers


__all__ = ["Definition", "coordinates_in_use", "expand_quantities", "substituted"]
