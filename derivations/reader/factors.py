r"""Densities by a bare letter: $q_2$ is the factor $q_2(Z_2)$ of the context, $q_j$ the factor with the number $j$."""

from __future__ import annotations

import re
from typing import Any, Final

from sympy import Basic, Expr, Integer, Mul, Symbol
from sympy.core.symbol import Str

from derivations.context import Context
from derivations.densities import Density, Variable
from derivations.language import Quantity
from derivations.reader.errors import ReadError

NUMBERED: Final = re.compile(r"(?P<base>[a-z])_(?P<letter>[a-z])(?P<mark>[\^*]*)\Z")


def without_bare_letters(term: Any, context: Context) -> Any:
    r"""`q` alone stands for the density the context gives; it may stay a letter only in a name, $\mathcal{L}(q)$."""
    if isinstance(term, Quantity | Density) or not isinstance(term, Basic):
        return term
    if isinstance(term, Symbol) and (factor := factor_named(term.name, context)) is not None:
        return factor
    if isinstance(term, Symbol) and term.name in context.densities - context.positive:
        if not context.measures.get(term.name):
            raise ReadError(f"which density is {term.name}? Write it with its arguments", token=term.name)
        return Mul(*context.measures[term.name])
    if not term.args or isinstance(term, Str):
        return term
    args = [without_bare_letters(arg, context) for arg in term.args]
    return term if all(a is b for a, b in zip(args, term.args, strict=True)) else term.func(*args)


def factor_named(name: str, context: Context) -> Density | None:
    r"""The factor $q_2(Z_2)$ that the context has for $q_2$, and $q_i(Z_i)$ for a letter in the number's place."""
    factors = [factor for joint in context.factorizations for factor in joint.factors if isinstance(factor, Density)]
    known = [d.left for d in context.definitions if isinstance(d.left, Density)]
    found = next((density for density in (*factors, *known) if density.name == name), None)
    lettered = NUMBERED.match(name)
    if found is not None or lettered is None or name in context.densities:
        return found if found is not None and "_" in name else None
    first = factor_named(f"{lettered['base']}_1{lettered['mark']}", context)
    return None if first is None else _with_index(first, name, context.symbol(lettered["letter"]))


def _with_index(first: Density, name: str, index: Symbol) -> Density | None:
    """The density of the member with this index, from that of the first."""
    if not all(isinstance(v, Variable) and v.index == 1 for v in first.of):
        return None
    return Density(name, [Variable(v.name, index) for v in first.of], first.given, first.parameters)


def with_factors(index: Symbol, body: Expr, context: Context) -> Expr:
    """The body with densities for the bare letters that the index numbers, $q_j$ under a sum over $j$."""
    bare = {s: factor_named(s.name, context) for s in body.atoms(Symbol) if s.name.endswith(f"_{index}")}
    return body.xreplace({symbol: density for symbol, density in bare.items() if density is not None})


def meant(over: Any, context: Context) -> Any:
    r"""What stands under an expectation: $q_2$ is $q_2(Z_2)$, $2$ is $Z_2$, and $-1$ or $q_{-1}$ is all but $Z_1$."""
    if isinstance(over, Symbol):
        name, _, number = over.name.partition("_-")
        if name in context.densities and number.isdigit():
            return meant(Integer(-int(number)), context)
        return factor_named(over.name, context) or over
    if isinstance(over, Integer):
        variable = Variable(family_of(context), abs(over))
        return -variable if over < 0 else variable
    if isinstance(over, Mul) and all(isinstance(part, Symbol) for part in over.args):
        return Mul(*(meant(part, context) for part in over.args))
    return over


def family_of(context: Context) -> str:
    r"""The one letter whose members are latent, as in $\mathbb{E}_{j \neq 1}$."""
    names = {v.name for v in context.latent if isinstance(v, Variable) and v.index is not None}
    if len(names) != 1:
        raise ReadError("the context does not say whose members these are")
    return names.pop()
