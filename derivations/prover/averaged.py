r"""A statement about each data point, by the one about their average.

With $x_0 \sim q(x_0)$ and nothing in $f$ and $g$ that depends on $q(x_0)$, $f(x_0) = g(x_0)$ for every $x_0$ says the
same as $\mathbb{E}_{q(x_0)}[f] = \mathbb{E}_{q(x_0)}[g]$ for every $q(x_0)$. There
$\mathbb{E}_{q(x_0)} \mathbb{E}_{q(x_{1:T} \mid x_0)}$ is $\mathbb{E}_{q(x_{0:T})}$, over the whole joint.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Add, Expr, Mul

from derivations.context import Context
from derivations.definitions import substituted
from derivations.language import (
    Bare,
    Density,
    Expectation,
    IndexedProduct,
    IndexedSum,
    Relation,
    Variable,
    VariableRange,
    contains,
)


def averaged(relation: Relation, context: Context) -> Relation | None:
    """The statement on average over the data, or None where it is not one for each data point."""
    data = context.measures.get("", ())
    sides = (relation.left, relation.right)
    if len(data) != 1 or not isinstance(data[0], Density) or any(contains(side, Bare) for side in sides):
        return None
    found = {d for side in sides for d in side.atoms(Density) if d.name == data[0].name}
    if not found or not all(_is_given(d, data[0], context) for d in found):
        return None
    return replace(relation, left=_mean(relation.left, data[0]), right=_mean(relation.right, data[0]))


def _is_given(density: Density, data: Density, context: Context) -> bool:
    """Whether a density is the same whatever the data's is: conditional on the data, or a factor of the joint."""
    if set(data.of) <= set(density.given):
        return True
    products = [factor for factor in context.factors(density.name) if isinstance(factor, IndexedProduct)]
    return any(_is_member(density, product) for product in products)


def _is_member(density: Density, product: IndexedProduct) -> bool:
    """Whether a density is $q(x_t \\mid x_{t-1})$ for some $t$."""
    (own,), (of, *others) = product.body.of, density.of
    if others or not isinstance(of, Variable) or of.index is None:
        return False
    member = substituted(product.body, {product.index: product.index + of.index - own.index})
    return (member.of, member.given) == (density.of, density.given)


def _mean(side: Expr, data: Density) -> Expr:
    """The mean over the data of a sum, with means given the data as means over both."""
    if isinstance(side, Add):
        return Add(*(_mean(term, data) for term in side.args))
    scale, rest = side.as_coeff_Mul()
    if isinstance(rest, IndexedSum):
        return scale * IndexedSum(_mean(rest.body, data), rest.index, rest.lower, rest.upper)
    if isinstance(rest, Expectation) and isinstance(rest.measure, Density) and rest.measure.given == data.of:
        return scale * Expectation(_joint(rest.measure, data), rest.body)
    return side if side.is_number else Mul(scale, Expectation(data, rest))


def _joint(density: Density, data: Density) -> Density:
    """$q(x_{0:T})$ for $q(x_{1:T} \\mid x_0)$."""
    first, rest = data.of[0], density.of[0]
    joins = isinstance(first, Variable) and isinstance(rest, VariableRange) and len(density.of) == 1
    if joins and first.index is not None and rest.lower == first.index + 1:
        return Density(density.name, [VariableRange(rest.name, first.index, rest.upper)], (), density.parameters)
    return Density(density.name, [*data.of, *density.of], (), density.parameters)
