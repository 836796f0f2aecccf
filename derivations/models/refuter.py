r"""Search for a counterexample, and failing that, support: both sides on random finite models.

Screening is in double precision; a difference is believed only after both sides have been evaluated again to
60 digits. A claim is supported if it holds to 50 digits on 200 models of several sizes. Claims up to a
constant compare the difference of the sides, which may not depend on anything the constant must ignore.

The search to 50 digits is bounded by the numbers it may compute, not by the time they take, so that a verdict is the
same on every machine; a clock only guards against what was not foreseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from math import prod
from time import process_time
from typing import Any

import mpmath
import numpy as np
from sympy import Basic, Expr, Symbol, log, preorder_traversal

from derivations.constants import BOUNDS, is_loose, without_constants
from derivations.context import Context
from derivations.language import Density, Relation, Sign
from derivations.models import dual
from derivations.models.build import build
from derivations.models.build_gaussian import build_gaussian, is_continuous
from derivations.models.concrete import Meaningless, Sizes, concrete, size_symbols
from derivations.models.finite import FiniteModel
from derivations.models.gaussian import NODES
from derivations.models.sizes import cases
from derivations.models.tables import DIGITS, EXACT, FLOAT, Field
from derivations.models.varying import constant_in, free_members
from derivations.verdict import Counterexample

SUPPORT = 200
NUMBERS = 30_000_000  # computed in the search to 50 digits: entries of a model's table times terms of the claim
GUARD = 120.0  # seconds of computing after which that search ends whatever it has found
_SCREEN = 16
_BATCH = 10
_EXACT_BOUND = mpmath.mpf(10) ** -50
_FLOAT_BOUND = 1e-8


@dataclass(frozen=True)
class Gap:
    """Where two sides differ most from what is claimed: index into the batch and its axes, and both numbers."""

    size: float
    left: str
    right: str
    at: tuple[int, ...]


@dataclass(frozen=True)
class Claim:
    """A relation whose sides have been stripped of what the sign allows for."""

    left: Expr
    right: Expr
    sign: Sign
    varying: tuple[Basic, ...]  # what the additive constant must not depend on; empty if there is none

    @property
    def is_inequality(self) -> bool:
        """Whether one side bounds the other."""
        return self.sign in BOUNDS


def claim_of(relation: Relation, context: Context) -> Claim:
    """The two sides as they are compared; raises `Meaningless` for a relation that claims nothing."""
    if not relation.sign.is_claim:
        raise Meaningless("a definition claims nothing")
    if not is_loose(relation, context):
        return Claim(relation.left, relation.right, relation.sign, ())
    varying, plain = constant_in(relation, context), without_constants(relation, context)
    if plain.sign is Sign.PROPORTIONAL:
        return Claim(log(plain.left), log(plain.right), plain.sign, varying)
    return Claim(plain.left, plain.right, plain.sign, varying)


def find_counterexample(relation: Relation, context: Context) -> tuple[Counterexample | None, int]:
    """(a counterexample confirmed to 60 digits or None, the number of models that were tried)."""
    claim, tried = claim_of(relation, context), 0
    for sizes in cases(relation, context):
        seeds = range(0, _SCREEN)
        gap = worst_gap(claim, context, sizes, seeds, FLOAT)
        tried += _SCREEN
        if gap.size > _FLOAT_BOUND:
            found = _confirm(relation, claim, context, sizes, gap)
            if found is not None:
                return found, tried
    return None, tried


def holds_exactly(relation: Relation, context: Context, numbers: int = NUMBERS) -> tuple[Counterexample | None, int]:
    """Like `find_counterexample`, to 50 digits on 200 models, or on as many as `numbers` allows."""
    claim, tried, start = claim_of(relation, context), 0, process_time()
    every = sorted(cases(relation, context), key=lambda sizes: sum(sizes.values()))
    for sizes, cost in cycle([(sizes, _BATCH * cost_of(claim, context, sizes)) for sizes in every]):
        numbers -= cost
        if tried >= SUPPORT or numbers < 0 or process_time() - start > GUARD:
            break
        gap = worst_gap(claim, context, sizes, range(1000 + tried, 1000 + tried + _BATCH), EXACT)
        tried += _BATCH
        if gap.size > _EXACT_BOUND:
            return _counterexample(relation, context, sizes, 1000 + tried - _BATCH + gap.at[0], gap), tried
    return None, tried


def cost_of(claim: Claim, context: Context, sizes: Sizes) -> int:
    """The numbers that both sides take on one model: entries of its table times terms of the claim."""
    written = [concrete(side, context, sizes) for side in (claim.left, claim.right)]
    if is_continuous(written, context):
        grid = build_gaussian(written, context, sizes, range(1), FLOAT, NODES).grid
    else:
        grid = build(written, context, sizes, range(1), FLOAT).grid
    return prod(grid.values) * sum(1 for side in written for _ in preorder_traversal(side))


def _confirm(relation: Relation, claim: Claim, context: Context, sizes: Sizes, gap: Gap) -> Counterexample | None:
    seed = gap.at[0]
    exact = worst_gap(claim, context, sizes, range(seed, seed + 1), EXACT)
    return _counterexample(relation, context, sizes, seed, exact) if exact.size > _EXACT_BOUND else None


def worst_gap(claim: Claim, context: Context, sizes: Sizes, seeds: range, numbers: Field) -> Gap:
    """The largest relative violation of the claim over the models of these seeds and all free values."""
    with mpmath.workdps(DIGITS), np.errstate(all="ignore"):
        if claim.varying:
            return _constant_gap(claim, context, sizes, seeds, numbers)
        left, right = _sides(claim, context, sizes, seeds, numbers, frozenset())
        difference = left - right
        if claim.is_inequality:
            direction = 1 if claim.sign in (Sign.AT_MOST, Sign.LESS) else -1
            difference = np.where(difference * direction > 0, difference, difference * 0)
        return _largest(difference, left, right)


def _sides(
    claim: Claim, context: Context, sizes: Sizes, seeds: range, numbers: Field, fresh: frozenset[Basic]
) -> tuple[Any, Any]:
    written = [concrete(side, context, sizes) for side in (claim.left, claim.right)]
    if is_continuous(written, context):
        return _gaussian_sides(written, context, sizes, seeds, numbers)
    model = build(written, context, sizes, seeds, numbers, fresh)
    return _values(model, written, len(seeds))


def _values(model: FiniteModel, written: list[Expr], count: int) -> tuple[Any, Any]:
    values = [model.value(side) for side in written]
    shape = np.broadcast_shapes(*(np.shape(value) for value in values), (count,) + (1,) * (model.grid.ndim - 1))
    left, right = (np.broadcast_to(value, shape) for value in values)
    return left, right


def _gaussian_sides(
    written: list[Expr], context: Context, sizes: Sizes, seeds: range, numbers: Field
) -> tuple[Any, Any]:
    """Both sides by quadrature with two numbers of nodes, which agree where quadrature is exact."""
    few, many = (
        _values(build_gaussian(written, context, sizes, seeds, numbers, nodes), written, len(seeds))
        for nodes in (NODES, NODES + 4)
    )
    for one, other in zip(few, many, strict=True):
        if _largest(one - other, one, other).size > (_EXACT_BOUND if numbers is EXACT else _FLOAT_BOUND):
            raise Meaningless("an expectation is not exact on Gaussian models")
    return few


def _constant_gap(claim: Claim, context: Context, sizes: Sizes, seeds: range, numbers: Field) -> Gap:
    """How much the difference of the sides varies with what the constant may not depend on."""
    written = [concrete(side, context, sizes) for side in (claim.left, claim.right)]
    model = build(written, context, sizes, seeds, numbers)
    left, right = _sides(claim, context, sizes, seeds, numbers, frozenset())
    offset, moved_left, moved_right = left - right, left, right
    for variable in sorted(free_members(written, claim.varying, context, sizes), key=str):
        axis = model.grid.axis(variable)
        first = np.take(offset, [0], axis=axis)
        gap = _largest(offset - first, left, right + first)
        if gap.size > _FLOAT_BOUND or (numbers is EXACT and gap.size > _EXACT_BOUND):
            return gap
    fresh = frozenset(_redrawn(claim.varying, context, sizes))
    if fresh:
        moved_left, moved_right = _sides(claim, context, sizes, seeds, numbers, fresh)
    return _largest(moved_left - moved_right - offset, moved_left, moved_right + offset)


def _redrawn(terms: tuple[Basic, ...], context: Context, sizes: Sizes) -> Iterator[Basic]:
    """The densities and parameters among what varies."""
    for term in terms:
        if isinstance(term, Density):
            yield concrete(term, context, sizes)
        elif isinstance(term, Symbol):
            yield term


def _largest(difference: Any, left: Any, right: Any) -> Gap:
    scale = 1 + np.maximum(abs(left), abs(right))
    relative = abs(difference) / scale
    flat = np.array(relative, dtype=float)
    if not np.isfinite(flat).all():
        raise Meaningless("a side has no finite value on a random model")
    at = np.unravel_index(int(np.argmax(flat)), flat.shape)
    return Gap(
        float(relative[at]),
        mpmath.nstr(mpmath.mpf(left[at]), 15),
        mpmath.nstr(mpmath.mpf(right[at]), 15),
        tuple(int(i) for i in at),
    )


def _counterexample(relation: Relation, context: Context, sizes: Sizes, seed: int, gap: Gap) -> Counterexample:
    named = ", ".join(f"{symbol} = {number}" for symbol, number in sorted(sizes.items(), key=str))
    written = [concrete(side, context, sizes) for side in (relation.left, relation.right)]
    kind = "Gaussian" if is_continuous(written, context) else "finite"
    where = f"a random {kind} model (seed {seed}{', ' + named if named else ''})"
    return Counterexample(where, gap.left, gap.right, rerun_lines(relation, sizes, seed))


def rerun_lines(relation: Relation, sizes: Sizes, seed: int) -> str:
    """Three lines of Python that print both sides again, for the relation and context at hand."""
    numbers = {str(symbol): int(number) for symbol, number in sizes.items()}
    return (
        "from derivations.models import both_sides\n"
        f"# `relation` is {relation}; `context` is the one it was checked in\n"
        f"print(both_sides(relation, context, {numbers}, seed={seed}))"
    )


def both_sides(relation: Relation, context: Context, sizes: dict[str, int], seed: int) -> tuple[str, str]:
    """Both sides' numbers where they differ most on the model of this seed."""
    symbols = {symbol: sizes[symbol.name] for group in size_symbols(relation, context) for symbol in group}
    gap = worst_gap(claim_of(relation, context), context, symbols, range(seed, seed + 1), EXACT)
    return gap.left, gap.right


__all__ = ["FiniteModel", "both_sides", "dual", "find_counterexample", "holds_exactly"]
