r"""Densities with a letter as their number: $q_j(Z_j)$ stands for $q_1(Z_1)$, $q_2(Z_2)$ and so on.

A product over $j$ is written out; a statement with a free $j$ says something of each member, and holds if it holds
for all of them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from sympy import Basic, Integer, Symbol

from derivations.context import Context
from derivations.densities import Density
from derivations.language import IndexedProduct, Relation
from derivations.models.varying import free_variables

LETTERED = re.compile(r"(?P<base>.+)_(?P<letter>[a-z])(?P<mark>[\^*']*)\Z")


def letters_of(term: Basic) -> set[str]:
    """The letters that number densities in `term`."""
    found = (LETTERED.match(density.name) for density in term.atoms(Density))
    return {match["letter"] for match in found if match}


def member(term: Any, index: Symbol, number: int) -> Any:
    """`term` for one value of the index, in its terms and in the names of its densities."""
    renamed = {density: _numbered(density, index, number) for density in term.atoms(Density)}
    return term.xreplace(renamed).xreplace({index: Integer(number)})


def _numbered(density: Density, index: Symbol, number: int) -> Density:
    match = LETTERED.match(density.name)
    if match is None or match["letter"] != index.name:
        return density
    return Density(f"{match['base']}_{number}{match['mark']}", density.of, density.given, density.parameters)


def instances(relation: Relation, context: Context) -> list[tuple[Relation, Context]]:
    """The statement for every member a free letter may stand for, with what varies there; itself if there is none."""
    for letter in sorted(letters_of(relation.left) | letters_of(relation.right)):
        index = context.symbol(letter)
        numbers = numbers_of(context)
        if numbers:
            return [
                case
                for number in numbers
                for case in instances(
                    replace(
                        relation, left=member(relation.left, index, number), right=member(relation.right, index, number)
                    ),
                    _varying(context, number),
                )
            ]
    return [(relation, _at_the_optimum(relation, context))]


def _varying(context: Context, number: int) -> Context:
    """What varies is stated for the first factor, $q_1(Z_1)$; for another one it is that factor."""
    densities = (f for joint in context.factorizations for f in joint.factors if isinstance(f, Density))
    moved = tuple(f for f in densities if f.name.endswith(f"_{number}"))
    return replace(context, vary=(*(v for v in context.vary if not isinstance(v, Density)), *moved))


def _at_the_optimum(relation: Relation, context: Context) -> Context:
    """A constant beside an optimal density $q_j^*$ may depend on the other densities, not on free variables."""
    sides = (relation.left, relation.right)
    free = set().union(*map(free_variables, sides)) & set(context.vary)
    if not free or not any("*" in density.name for side in sides for density in side.atoms(Density)):
        return context
    return replace(context, vary=tuple(v for v in context.vary if not isinstance(v, Density)))


def numbers_of(context: Context) -> list[int]:
    """The numbers of the densities that the context factorises a joint into."""
    names = {f.name for joint in context.factorizations for f in joint.factors if not isinstance(f, IndexedProduct)}
    found = (re.fullmatch(r".+_(\d)", name) for name in names)
    return sorted({int(match[1]) for match in found if match})
