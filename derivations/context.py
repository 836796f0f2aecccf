r"""A context states what is known before a derivation starts, and never more than that.

Which letters are random, how each joint factorises (a directed graph with plates and chains), which blocks
a variable consists of, what $\mathbb{E}_q$ means, what named quantities are defined as, which symbols are
positive, and whether Gamma means shape and rate or shape and scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from sympy import Basic, Expr, Symbol, Tuple, latex

from derivations.densities import Density, Variable, VariableRange
from derivations.operators import AllBut, Bare, Draws, IndexedProduct


class GammaConvention(Enum):
    """What the second parameter of a Gamma distribution is."""

    RATE = "rate"
    SCALE = "scale"


@dataclass(frozen=True)
class Factorization:
    r"""A joint as a product over a directed graph: `name` is its letter, each factor a conditional density.

    A plate or a chain is an `IndexedProduct` of a density: $\prod_{t=1}^T q(x_t \mid x_{t-1})$. The graph is
    read off the factors: the `of` of a factor are nodes, its `given` their parents.
    """

    name: str
    factors: tuple[Expr, ...]


@dataclass(frozen=True)
class Definition:
    """`left` (a quantity, a density, a symbol) stands for `right`; a free index may take any value."""

    left: Expr
    right: Expr


@dataclass(frozen=True)
class Context:
    r"""What a question lets a derivation assume.

    `variables`   names of random variables or data (`"Z"`, `"x"`); members of a family share the name.
    `latent`      the variables an expectation may draw; the others are observed or data.
    `factorizations`  how the joints factorise; without one, a joint is an arbitrary positive density.
    `blocks`      what a variable consists of: $Z$ is $(Z_1, Z_2, Z_3)$, $D$ is $x_{1:N}$.
    `measures`    what a bare letter under $\mathbb{E}$ means, as densities.
    `draws`       the density each drawn variable has: $Z_k \sim q(Z_k \mid X)$, with $k$ free.
    `paths`       reparameterisation: $z$ is $t(\epsilon, \phi)$.
    `ranges`      bounds of an index written without them: `t` runs from 1 to $T$.
    `definitions` what named quantities stand for.
    `constants`   names of additive constants; `vary` is what such a constant may not depend on.
    `positive`, `negative`, `integers`, `indexed`, `matrices`, `functions`  names of positive symbols, counts,
    families of numbers such as $\pi_i$, of matrices, and of letters that are applied to arguments.
    `names`       what each name means, in words: what a student is told of the notation.
    """

    name: str
    variables: frozenset[str] = frozenset()
    latent: tuple[Expr, ...] = ()
    factorizations: tuple[Factorization, ...] = ()
    blocks: Mapping[Expr, tuple[Expr, ...]] = field(default_factory=dict)
    measures: Mapping[str, tuple[Expr, ...]] = field(default_factory=dict)
    draws: tuple[Density, ...] = ()
    paths: Mapping[Expr, Expr] = field(default_factory=dict)
    ranges: Mapping[str, tuple[Expr, Expr]] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()
    constants: frozenset[str] = frozenset({"C", "c", "const"})
    vary: tuple[Expr, ...] = ()
    positive: frozenset[str] = frozenset()
    negative: frozenset[str] = frozenset()
    integers: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    matrices: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    densities: frozenset[str] = frozenset({"p", "q"})
    gamma: GammaConvention = GammaConvention.RATE
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for mapping in ("blocks", "measures", "paths", "ranges", "names"):
            object.__setattr__(self, mapping, MappingProxyType(dict(getattr(self, mapping))))

    def symbol(self, name: str) -> Symbol:
        """The symbol of this name, with the assumptions the context states; every reading uses this one."""
        if name in self.integers:
            return Symbol(name, integer=True, positive=True)
        if name in self.negative:
            return Symbol(name, negative=True)
        return Symbol(name, positive=True) if name in self.positive else Symbol(name, real=True)

    @property
    def varying(self) -> tuple[Expr, ...]:
        """What an additive constant may not depend on: what is stated, or else the latent variables."""
        return self.vary or self.latent

    def with_definition(self, left: Expr, right: Expr) -> Context:
        """The context after a line "let left = right"; the newest definition of a quantity counts."""
        kept = tuple(definition for definition in self.definitions if definition.left != left)
        return replace(self, definitions=(*kept, Definition(left, right)))

    def factors(self, name: str) -> tuple[Expr, ...]:
        """The factors of the joint with this letter, or none if nothing is assumed of it."""
        return next((f.factors for f in self.factorizations if f.name == name), ())

    def measure(self, measure: Basic) -> tuple[Expr, ...]:
        """The densities under an expectation, however it was written; empty if the context does not say."""
        if isinstance(measure, Tuple):
            return measure.args
        if isinstance(measure, Bare):
            return self.measures.get(measure.name, ())
        if isinstance(measure, AllBut):
            return tuple(d for d in self._latent_densities() if not _draws(d, measure.variables))
        if isinstance(measure, Draws):
            return tuple(self._density_of(variable) for variable in measure.variables)
        return (measure,)  # type: ignore[return-value]

    def unknown(self, measure: Basic) -> str:
        """Why `measure` is empty, in words for whoever wrote it."""
        if measure == Bare():
            return r"an expectation does not say what it is over; write it below, as in \mathbb{E}_q"
        return f"the context does not say what {latex(measure)} under an expectation means"

    def _latent_densities(self) -> tuple[Expr, ...]:
        return self.measures.get("q", ())

    def _density_of(self, variable: Expr) -> Expr:
        for density in self.draws:
            (drawn,) = density.of
            if drawn == variable:
                return density
            if isinstance(drawn, Variable) and isinstance(drawn.index, Symbol):
                if getattr(variable, "name", None) != drawn.name:
                    continue
                if isinstance(variable, VariableRange):
                    return IndexedProduct(density, drawn.index, variable.lower, variable.upper)
                if isinstance(variable, Variable) and variable.index is not None:
                    return density.xreplace({drawn.index: variable.index})
        raise KeyError(f"the context {self.name} does not say which density {variable} is drawn from")


def _draws(density: Expr, variables: tuple[Expr, ...]) -> bool:
    inner = density.body if isinstance(density, IndexedProduct) else density
    return isinstance(inner, Density) and any(variable in variables for variable in inner.of)
