"""Which kernels make up each joint that a statement mentions, at given sizes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Basic, Symbol

from derivations.context import Context
from derivations.language import Density, IndexedProduct, Variable, VariableRange
from derivations.models.concrete import Meaningless, Sizes, factors_of
from derivations.models.tables import Kernel, kernel_of


@dataclass(frozen=True)
class Joint:
    """The kernels of one density letter; `copies` are letters whose indexed members are repeated draws."""

    name: str
    kernels: tuple[Kernel, ...]
    copies: frozenset[str] = frozenset()

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Every variable of its kernels, once."""
        return tuple(dict.fromkeys(v for kernel in self.kernels for v in kernel.variables))

    @property
    def generated(self) -> frozenset[Variable]:
        """The variables this joint is a distribution of; the others it is only conditioned on."""
        return frozenset(v for kernel in self.kernels for v in kernel.of)

    @property
    def conditions(self) -> frozenset[Variable]:
        """The variables that it is only conditioned on."""
        return frozenset(self.variables) - self.generated


def copied_letters(context: Context) -> frozenset[str]:
    r"""Letters such as $Z$ in $Z_1, \dots, Z_K \sim q(Z \mid X)$: their members are independent draws."""
    drawn = {
        v.name
        for density in context.draws
        for v in density.of
        if isinstance(v, Variable) and isinstance(v.index, Symbol)
    }
    members = {
        v.name
        for f in context.factorizations
        for factor in f.factors
        for v in _variables(factor)
        if isinstance(v, VariableRange) or v.index is not None
    }
    blocks = {v.name for block in context.blocks.values() for v in block}
    return frozenset(drawn - members - blocks)


def _variables(factor: Basic) -> Iterable[Variable]:
    density = factor.body if isinstance(factor, IndexedProduct) else factor
    return density.variables


def joints_of(mentions: set[Density], context: Context, sizes: Sizes) -> dict[str, Joint]:
    """The joint of every letter mentioned, with those of the letters its factors use."""
    copies = copied_letters(context)
    return {
        name: _joint(name, {d for d in mentions if d.name == name}, context, sizes, copies)
        for name in sorted({density.name for density in mentions})
    }


def _joint(name: str, mentions: set[Density], context: Context, sizes: Sizes, copies: frozenset[str]) -> Joint:
    factors = factors_of(name, context, sizes) or _factors_named(name, context, sizes)
    if factors:
        return Joint(name, tuple(kernel_of(factor, _added(factor, mentions)) for factor in factors), copies)
    return _arbitrary(name, mentions, context, copies)


def _factors_named(name: str, context: Context, sizes: Sizes) -> list[Density]:
    """Factors called `name` in another letter's joint: $q_1(Z_1)$ in that of $q$."""
    return [
        factor for f in context.factorizations for factor in factors_of(f.name, context, sizes) if factor.name == name
    ]


def _added(factor: Density, mentions: set[Density]) -> list[Basic]:
    return [
        parameter
        for mention in sorted(mentions, key=str)
        if (mention.of, mention.given) == (factor.of, factor.given)
        for parameter in mention.parameters
        if not factor.parameters
    ]


def _arbitrary(name: str, mentions: set[Density], context: Context, copies: frozenset[str]) -> Joint:
    """A joint the context assumes nothing of: any positive density over all variables mentioned with it."""
    of = {prototype(v, copies) for density in mentions for v in density.of}
    given = {prototype(v, copies) for density in mentions for v in density.given} - of
    random = {v for density in mentions if not density.given for v in density.of}
    if given & set(context.latent) and random:
        raise Meaningless(f"{name} is mentioned both with and without {sorted(map(str, given))}")
    parameters = dict.fromkeys(p for d in sorted(mentions, key=str) for p in d.parameters)
    kernel = Kernel(name, tuple(sorted(of, key=str)), tuple(sorted(given, key=str)), tuple(parameters))
    return Joint(name, (kernel,), copies)


def prototype(variable: Variable, copies: frozenset[str]) -> Variable:
    """The variable a repeated draw is a copy of."""
    return Variable(variable.name) if variable.name in copies else variable
