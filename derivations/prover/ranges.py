r"""Products over an index as densities over a range: $\prod_{t=1}^T q(x_t \mid x_{t-1}) = q(x_{0:T}) / q(x_0)$."""

from __future__ import annotations

from typing import Any

from sympy import Expr

from derivations.language import Density, IndexedProduct, Variable, VariableRange
from derivations.prover.knowledge import Knowledge
from derivations.prover.split import chain_letter
from derivations.prover.terms import Unprovable


def as_ranges(product: IndexedProduct, known: Knowledge) -> Expr:
    """The product as a density over a range of variables; raises `Unprovable` if it is neither chain nor plate."""
    body = product.body
    if not isinstance(body, Density) or len(body.of) != 1 or not isinstance(body.of[0], Variable):
        raise Unprovable(f"no rule reads {product}")
    return _plate(product, known) if chain_letter(product) is None else _chain(product, known)


def _chain(product: IndexedProduct, known: Knowledge) -> Expr:
    """A Markov chain of the context, in either direction, over the density of the end it starts from."""
    body: Density = product.body
    (v,), letter = body.of, chain_letter(product)
    if not any(chain_letter(factor) == letter for factor in known.factors(body.name)):
        raise Unprovable(f"{product} is no chain of the context")
    known.note("Markov chain")
    offset, back = v.index - product.index, body.given[0].index - product.index
    root = (product.lower if back < offset else product.upper) + back
    first, last = product.lower + min(offset, back), product.upper + max(offset, back)
    return Density(body.name, [VariableRange(v.name, first, last)], (), body.parameters) / Density(
        body.name, [Variable(v.name, root)], (), body.parameters
    )


def _plate(product: IndexedProduct, known: Knowledge) -> Expr:
    """A plate of the context given exactly its parents, or independent draws."""
    body: Density = product.body
    (v,) = body.of
    own = next(
        (f for f in known.factors(body.name) if isinstance(f, IndexedProduct) and f.body.of[0].name == v.name), None
    )
    is_plate = own is not None and set(own.body.given) == set(body.given)
    is_draw = own is None and v.name in known.draws
    if v.index != product.index or any(u.has(product.index) for u in body.given) or not (is_plate or is_draw):
        raise Unprovable(f"{product} is no plate of the context")
    known.note("independent draws")
    return Density(body.name, [range_of(product, v)], body.given, body.parameters)


def range_of(product: IndexedProduct, v: Any) -> Any:
    """The members of a product's variable as one range, or as a single variable."""
    first, last = (v.xreplace({product.index: end}) for end in (product.lower, product.upper))
    return first if first == last else VariableRange(v.name, first.index, last.index)
