"""Build a batch of random finite models in which a statement, written out at some sizes, has a value."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from sympy import Basic, Symbol, Tuple, preorder_traversal

from derivations.context import Context
from derivations.language import Density, Gradient, Marginal, Variable, VariableRange, mentioned_densities
from derivations.models.concrete import Meaningless, Sizes, concrete, entries
from derivations.models.finite import FiniteModel, key_of
from derivations.models.joints import Joint, joints_of, prototype
from derivations.models.tables import Field, Grid, Kernel, RandomWeights, random_table

LARGEST = 4096  # entries of the table over all variables of a model


def build(
    sides: Iterable[Basic],
    context: Context,
    sizes: Sizes,
    seeds: range,
    numbers: Field,
    fresh: frozenset[Basic] = frozenset(),
) -> FiniteModel:
    """Models of the given seeds for sides that are written out.

    Tables and parameters in `fresh` are drawn from other seeds.
    Raises `Meaningless` if the context does not determine what a density is, or the model is too large.
    """
    sides = tuple(sides)
    mentions = {density for side in sides for density in mentioned_densities(side)}
    joints = joints_of(mentions, context, sizes)
    grid = _grid(sides, joints, seeds.start)
    kernels = {key_of(kernel): kernel for joint in joints.values() for kernel in joint.kernels}
    parameters = parameters_of(sides, kernels.values())
    _refuse_vacuous_gradients(sides, kernels.values())
    random, other = RandomWeights(grid, seeds), RandomWeights(grid, range(seeds.start + 7919, seeds.stop + 7919))
    tables = {}
    for key, kernel in sorted(kernels.items(), key=str):
        varied = random_table(kernel, other, numbers)
        table = random_table(kernel, random, numbers)
        tables[key] = varied if _is_fresh(kernel, fresh) else table
    values = {p: random_value(p, other if p in fresh else random, numbers) for p in parameters}
    volumes = _volumes(grid, copies_in(joints), random, numbers)
    hidden = frozenset(v for d in mentions for v in d.variables) - _latent(context, sizes)
    return FiniteModel(grid, joints, tables, values, numbers, volumes, hidden)


def copies_in(joints: dict[str, Joint]) -> frozenset[str]:
    """Letters whose indexed members are repeated draws of one variable."""
    return frozenset(letter for joint in joints.values() for letter in joint.copies)


def _volumes(grid: Grid, copies: frozenset[str], random: RandomWeights, numbers: Field) -> dict[Variable, Any]:
    """A volume for each value of each variable; repeated draws share those of the variable they draw."""
    own = {v: numbers.fraction(random.volumes(v), 100) for v in grid.variables if prototype(v, copies) == v}
    return {
        v: np.swapaxes(own[prototype(v, copies)], grid.axis(prototype(v, copies)), grid.axis(v)) for v in grid.variables
    }


def _is_fresh(kernel: Kernel, fresh: frozenset[Basic]) -> bool:
    return any(isinstance(d, Density) and (d.name, d.of, d.given) == key_of(kernel) for d in fresh)


def _grid(sides: tuple[Basic, ...], joints: dict[str, Joint], seed: int) -> Grid:
    found = {v for joint in joints.values() for v in joint.variables}
    copies = copies_in(joints)
    for side in sides:
        for node in preorder_traversal(side):
            if isinstance(node, (Density, Marginal)):
                found |= {v for v in node.variables if isinstance(v, Variable)}
    if any(isinstance(v, VariableRange) for v in found):
        raise Meaningless("a range of variables could not be written out")
    found |= {prototype(v, copies) for v in found}
    order = tuple(sorted(found, key=str))
    large = len(order) <= 5
    values = tuple(2 + (_hash(prototype(v, copies), seed) % 2 if large else 0) for v in order)
    if entries(list(values)) > LARGEST:
        raise Meaningless(f"a model of {len(order)} variables is too large")
    return Grid(order, values)


def _hash(variable: Variable, seed: int) -> int:
    return zlib.crc32(f"{variable}/{seed // 64}".encode())


def parameters_of(sides: tuple[Basic, ...], kernels: Iterable[Kernel]) -> list[Basic]:
    """Everything that is a number: parameters of densities, symbols, and what gradients are taken in."""
    found = {parameter for kernel in kernels for parameter in kernel.parameters}
    for side in sides:
        found |= {symbol for symbol in side.free_symbols if isinstance(symbol, Symbol)}
        found |= {p for d in mentioned_densities(side) for p in d.parameters}
    return sorted(found, key=str)


def _refuse_vacuous_gradients(sides: tuple[Basic, ...], kernels: Iterable[Kernel]) -> None:
    """A gradient in something that no density of the statement depends on would be zero on both sides."""
    known = {parameter for kernel in kernels for parameter in kernel.parameters}
    for side in sides:
        for node in preorder_traversal(side):
            if isinstance(node, Gradient) and not isinstance(node.wrt, (Density, Variable)):
                wrt = set(node.wrt.args) if isinstance(node.wrt, Tuple) else {node.wrt}
                missing = wrt - known - node.body.free_symbols
                if missing and mentioned_densities(node.body):
                    raise Meaningless(f"no density here depends on {', '.join(map(str, missing))}")


def random_value(parameter: Basic, random: RandomWeights, numbers: Field) -> object:
    """A random number in eighths for each model, positive where the parameter is."""
    value = numbers.fraction(random.value(), 8)
    sign = 1 if getattr(parameter, "is_positive", False) else np.where(random.slopes(()) < 0, -1, 1)
    return value * numbers.convert(sign)


def _latent(context: Context, sizes: Sizes) -> frozenset[Variable]:
    variables: list[Variable] = []
    for term in context.latent:
        try:
            members = concrete(Marginal(1, (term,)), context, sizes)
        except Meaningless:
            continue  # an index without a value: a drawn Z_k
        variables += [v for v in getattr(members, "variables", ()) if isinstance(v, Variable)]
    return frozenset(variables)
