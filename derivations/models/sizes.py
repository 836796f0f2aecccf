"""The sizes at which a statement is tried: values of T, K, N and of every free index."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Symbol

from derivations.context import Context
from derivations.language import Relation
from derivations.models.concrete import running_values, size_symbols

_SIZES = ((2, 3, 2), (3, 2, 1), (4, 1, 2), (1, 2, 1))  # values of successive counts, most telling first


def cases(relation: Relation, context: Context) -> Iterator[dict[Symbol, int]]:
    """One choice of sizes after another, none twice."""
    counts, running = size_symbols(relation, context)
    ordered = sorted(counts, key=str)
    tried = set()
    for row in _SIZES:
        sizes = {symbol: row[i % len(row)] for i, symbol in enumerate(ordered)}
        for values in running_values(running, context, sizes):
            case = {**sizes, **values}
            if (key := tuple(sorted(case.items(), key=str))) not in tried:
                tried.add(key)
                yield case
