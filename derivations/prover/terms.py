r"""The prover's own form of an expression: a sum of terms.

A term is  coefficient · Σ_indices ∫_bound  Π J(S)^e · factors,  where J(S) is the marginal of one joint over a
set S of variables, so that every density is J(of and given) / J(given), and a factor is the log of a
marginal, a relative derivative, or a function of a whole sum that cannot be opened (the log of a sum).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sympy import Basic, Expr, Integer, Symbol

from derivations.language import Variable, VariableRange


class Unprovable(Exception):
    """No rule covers this; the claim goes to the random models instead."""


@lru_cache(maxsize=4096)
def _printed(base: Basic) -> str:
    return str(base)


@dataclass(frozen=True)
class V:
    """A variable or a range of them; `copy` is 0 if it is free, and tells bound variables apart."""

    base: Variable | VariableRange
    copy: int = 0

    @property
    def is_range(self) -> bool:
        """Whether it stands for consecutive members of a family."""
        return isinstance(self.base, VariableRange)

    def __str__(self) -> str:
        return f"{_printed(self.base)}'{self.copy}" if self.copy else _printed(self.base)


@dataclass(frozen=True)
class J:
    """The marginal of the joint `name` over `variables`; `stopped` hides it from gradients."""

    name: str
    variables: frozenset[V]
    stopped: bool = False

    def __str__(self) -> str:
        return f"{self.name}{'!' if self.stopped else ''}{{{' '.join(sorted(map(str, self.variables)))}}}"


@dataclass(frozen=True)
class Log:
    """log J."""

    joint: J

    def __str__(self) -> str:
        return f"log {self.joint}"


@dataclass(frozen=True)
class Relative:
    r"""$\partial^k J / J$: for one parameter the score; its integral against J is the derivative of a marginal."""

    joint: J
    parameters: tuple[Basic, ...]

    def __str__(self) -> str:
        return f"d{','.join(map(str, self.parameters))} {self.joint}"


@dataclass(frozen=True)
class Function:
    """A function of a sum of terms that stays closed: its log, inverse, or exponential."""

    name: str
    terms: tuple[Term, ...]

    def __str__(self) -> str:
        return f"{self.name}({' + '.join(sorted(map(str, self.terms)))})"


Factor = Log | Relative | Function
Limits = tuple[Symbol, Expr, Expr]


@dataclass(frozen=True)
class Term:
    """One term of a sum; `weights` maps marginals to whole exponents."""

    coefficient: Expr
    weights: frozenset[tuple[J, int]] = frozenset()
    factors: tuple[Factor, ...] = ()
    bound: frozenset[V] = frozenset()
    sums: tuple[Limits, ...] = ()

    def __str__(self) -> str:
        weights = " ".join(sorted(f"{joint}^{exponent}" for joint, exponent in self.weights))
        factors = " ".join(sorted(map(str, self.factors)))
        bound = " ".join(sorted(map(str, self.bound)))
        sums = " ".join(f"{i}={a}..{b}" for i, a, b in self.sums)
        return f"{self.coefficient}*S[{sums}] I[{bound}] {weights} * {factors}"

    @property
    def is_number(self) -> bool:
        """Whether nothing but its coefficient is left."""
        return not (self.weights or self.factors or self.bound or self.sums)

    @property
    def is_monomial(self) -> bool:
        """Only a number times marginals: its log is a sum of logs."""
        return not (self.factors or self.bound or self.sums)


Terms = tuple[Term, ...]


def number(value: Any) -> Terms:
    """A number as terms."""
    return (Term(Integer(value) if isinstance(value, int) else value),) if value != 0 else ()


def weights_of(pairs: Iterable[tuple[J, int]]) -> frozenset[tuple[J, int]]:
    """Multiply powers of marginals; what cancels disappears, and the marginal over nothing is one."""
    powers: dict[J, int] = {}
    for joint, exponent in pairs:
        powers[joint] = powers.get(joint, 0) + exponent
    return frozenset((joint, e) for joint, e in powers.items() if e and joint.variables)


def times(left: Term, right: Term) -> Term:
    """The product of two terms whose bound variables and indices are already apart."""
    return Term(
        left.coefficient * right.coefficient,
        weights_of([*left.weights, *right.weights]),
        tuple(sorted(left.factors + right.factors, key=str)),
        left.bound | right.bound,
        left.sums + right.sums,
    )


def product(left: Terms, right: Terms) -> Terms:
    """All products of a term of one sum with a term of the other."""
    return tuple(times(a, b) for a in left for b in right)


def scale(terms: Terms, factor: Expr) -> Terms:
    """All terms times a number."""
    return tuple(replace(term, coefficient=term.coefficient * factor) for term in terms)


def rename(thing: Any, change: Callable[[V], V]) -> Any:
    """The same term, factor or marginal with its variables changed."""
    if isinstance(thing, J):
        return replace(thing, variables=frozenset(change(v) for v in thing.variables))
    if isinstance(thing, Log):
        return Log(rename(thing.joint, change))
    if isinstance(thing, Relative):
        return Relative(rename(thing.joint, change), thing.parameters)
    if isinstance(thing, Function):
        return Function(thing.name, tuple(rename(term, change) for term in thing.terms))
    factors = tuple(sorted((rename(f, change) for f in thing.factors), key=str))
    return replace(
        thing,
        weights=weights_of((rename(j, change), e) for j, e in thing.weights),
        factors=factors,
        bound=frozenset(change(v) for v in thing.bound),
    )


def reindex(thing: Any, values: Mapping[Basic, Basic]) -> Any:
    """The same term with indices replaced everywhere, in bounds and coefficients too."""

    def change(v: V) -> V:
        """The variable at the new index."""
        return replace(v, base=v.base.xreplace(values))

    if isinstance(thing, Function):
        return Function(thing.name, tuple(reindex(term, values) for term in thing.terms))
    if not isinstance(thing, Term):
        moved = rename(thing, change)
        return _in_parameters(moved, values)
    factors = tuple(sorted((reindex(f, values) for f in thing.factors), key=str))
    sums = tuple((i, a.xreplace(values), b.xreplace(values)) for i, a, b in thing.sums)
    return replace(
        rename(replace(thing, factors=()), change),
        factors=factors,
        sums=sums,
        coefficient=thing.coefficient.xreplace(values),
    )


def apart(term: Term, known: Any) -> Term:
    """The same term with fresh bound variables and indices, so that it may be multiplied with another."""
    copies = {copy: known.new_copy() for copy in sorted({v.copy for v in term.bound})}
    if copies:
        term = rename(term, lambda v: V(v.base, copies.get(v.copy, v.copy)))
    for index, lower, upper in term.sums:
        fresh = known.new_index(index, lower, upper)
        term = reindex(term, {index: fresh})
        term = replace(term, sums=tuple((fresh if i == index else i, a, b) for i, a, b in term.sums))
    return term


def _in_parameters(factor: Any, values: Mapping[Basic, Basic]) -> Any:
    if isinstance(factor, Relative):
        return Relative(factor.joint, tuple(p.xreplace(values) for p in factor.parameters))
    return factor


def variables_of(thing: Any) -> set[V]:
    """Every variable a factor or term mentions, free or bound."""
    if isinstance(thing, J):
        return set(thing.variables)
    if isinstance(thing, (Log, Relative)):
        return set(thing.joint.variables)
    if isinstance(thing, Function):
        return {v for term in thing.terms for v in variables_of(term)}
    found = {v for joint, _ in thing.weights for v in joint.variables} | set(thing.bound)
    return found | {v for factor in thing.factors for v in variables_of(factor)}


def joints_in(thing: Any) -> set[J]:
    """Every marginal a factor or term mentions."""
    if isinstance(thing, (Log, Relative)):
        return {thing.joint}
    if isinstance(thing, Function):
        return {joint for term in thing.terms for joint in joints_in(term)}
    return {joint for joint, _ in thing.weights} | {j for factor in thing.factors for j in joints_in(factor)}


def index_symbols(thing: Any) -> set[Basic]:
    """Symbols in the indices of a term's variables and in its coefficient."""
    symbols = {s for v in variables_of(thing) for s in v.base.free_symbols}
    if isinstance(thing, Term):
        symbols |= thing.coefficient.free_symbols
        symbols |= {s for f in thing.factors for s in index_symbols(f)}
        symbols |= {s for _, a, b in thing.sums for s in a.free_symbols | b.free_symbols}
    elif isinstance(thing, Function):
        symbols |= {s for term in thing.terms for s in index_symbols(term)}
    elif isinstance(thing, Relative):
        symbols |= {s for p in thing.parameters for s in p.free_symbols}
    return symbols
