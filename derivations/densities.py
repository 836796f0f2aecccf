r"""Random variables and densities: `Variable`, `VariableRange`, `Density`.

Values of densities are ordinary positive sympy expressions, so they compose with `log`, `*`, `/`. A notebook
writes them as they are said:

>>> X, Z, phi = Variable("X"), Variable("Z"), Symbol("phi")
>>> p, q = DensityName("p"), DensityName("q")
>>> p(X, Z), q(Z | X), q[phi](Z | X)
(p(X, Z), q(Z | X), q_phi(Z | X))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sympy import Basic, Expr, Symbol, Tuple, sympify
from sympy.core.symbol import Str
from sympy.printing.latex import LatexPrinter, translate


def as_expr(value: Any) -> Any:
    """A Python number or sympy object as a sympy object; text is refused, so nothing is ever parsed here."""
    if isinstance(value, str):
        raise TypeError(f"expected a sympy object or a number, got the text {value!r}")
    return sympify(value, strict=True)


def letter(name: str) -> str:
    """LaTeX of a name: `mu` is a Greek letter, `x` a letter, and a name that is LaTeX already is kept."""
    return name if "\\" in name else translate(name)


class Enclosing(Expr):
    """A term around one other, its `body`."""

    def __new__(cls, body: Any) -> Any:
        return super().__new__(cls, as_expr(body))

    @property
    def body(self) -> Expr:
        """What it stands around."""
        return self.args[0]


class Variable(Expr):
    r"""A letter the context knows: a random variable or block of them, data, or one of an indexed family.

    `Variable("Z")` is $Z$, `Variable("x", t - 1)` is $x_{t-1}$. Its role (latent, observed, data,
    positive) is the context's to say.
    """

    is_commutative = True
    is_real = True

    def __new__(cls, name: str | Str, index: Any = None) -> Variable:
        label = name if isinstance(name, Str) else Str(name)
        return super().__new__(cls, label) if index is None else super().__new__(cls, label, as_expr(index))

    @property
    def name(self) -> str:
        """The letter, without a subscript."""
        return self.args[0].name

    @property
    def index(self) -> Expr | None:
        """The subscript, or None."""
        return self.args[1] if len(self.args) > 1 else None

    @property
    def free_symbols(self) -> set[Basic]:
        """Those of the subscript: the letter itself is no parameter."""
        return set() if self.index is None else self.index.free_symbols

    def __or__(self, given: Any) -> Conditional:
        return Conditional((self,), (given,))

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        subscript = "" if self.index is None else f"_{{{printer._print(self.index)}}}"
        power = "" if exp is None else f"^{{{exp}}}"
        return letter(self.name) + subscript + power

    def _sympystr(self, printer: Any) -> str:
        return self.name if self.index is None else f"{self.name}[{printer._print(self.index)}]"


class VariableRange(Expr):
    r"""Consecutive members of an indexed family: $x_{0:T}$ or $Z_1, \dots, Z_K$."""

    is_commutative = True
    is_real = True

    def __new__(cls, name: str | Str, lower: Any, upper: Any) -> VariableRange:
        label = name if isinstance(name, Str) else Str(name)
        return super().__new__(cls, label, as_expr(lower), as_expr(upper))

    @property
    def name(self) -> str:
        """The letter of the family."""
        return self.args[0].name

    @property
    def lower(self) -> Expr:
        """The index of the first member."""
        return self.args[1]

    @property
    def upper(self) -> Expr:
        """The index of the last member, included."""
        return self.args[2]

    @property
    def free_symbols(self) -> set[Basic]:
        """Those of the bounds."""
        return self.lower.free_symbols | self.upper.free_symbols

    def __or__(self, given: Any) -> Conditional:
        return Conditional((self,), (given,))

    def _latex(self, printer: LatexPrinter) -> str:
        return f"{letter(self.name)}_{{{printer._print(self.lower)}:{printer._print(self.upper)}}}"

    def _sympystr(self, printer: Any) -> str:
        return f"{self.name}[{printer._print(self.lower)}:{printer._print(self.upper)}]"


@dataclass(frozen=True)
class Conditional:
    """What `Z | X` means between the parentheses of a density."""

    of: tuple[Expr, ...]
    given: tuple[Expr, ...]


def is_variable(term: Any) -> bool:
    """Whether a term stands for random variables rather than for a parameter."""
    return isinstance(term, (Variable, VariableRange))


def ordered(terms: Iterable[Expr]) -> Tuple:
    """Terms without repetition in a fixed order: $p(Z, X)$ and $p(X, Z)$ are one density."""
    return Tuple(*sorted(set(terms), key=lambda term: term.sort_key()))


class Density(Expr):
    r"""The value of a density: $p(X, Z)$, $q_\phi(z \mid x)$, $q_1^*(Z_1)$.

    `parameters` are what it depends on and is not random: $q(z \mid \lambda)$ with a parameter $\lambda$ and
    $q_\lambda(z)$ are the same object.
    """

    is_commutative = True
    is_positive = True

    def __new__(
        cls, name: str | Str, of: Iterable[Expr], given: Iterable[Expr] = (), parameters: Iterable[Expr] = ()
    ) -> Density:
        label = name if isinstance(name, Str) else Str(name)
        given = tuple(as_expr(term) for term in given)
        fixed = [as_expr(term) for term in parameters] + [term for term in given if not is_variable(term)]
        return super().__new__(
            cls,
            label,
            ordered(as_expr(term) for term in of),
            ordered(term for term in given if is_variable(term)),
            ordered(fixed),
        )

    @property
    def name(self) -> str:
        """The letter, with a number or a star it carries: `p`, `q_1^*`."""
        return self.args[0].name

    @property
    def of(self) -> tuple[Expr, ...]:
        """The variables it is a density over."""
        return self.args[1].args

    @property
    def given(self) -> tuple[Expr, ...]:
        """The variables it is conditioned on."""
        return self.args[2].args

    @property
    def parameters(self) -> tuple[Expr, ...]:
        """What it depends on and is not random, in a fixed order."""
        return self.args[3].args

    @property
    def variables(self) -> tuple[Expr, ...]:
        """All random variables it mentions: `of`, then `given`."""
        return self.of + self.given

    def _arguments(self, printer: Any, bar: str) -> str:
        of, given = (", ".join(printer._print(term) for term in terms) for terms in (self.of, self.given))
        return f"({of}{bar}{given})" if given else f"({of})"

    def _latex(self, printer: LatexPrinter, exp: str | None = None) -> str:
        indices = ", ".join(printer._print(parameter) for parameter in self.parameters)
        name = letter(self.name) + (f"_{{{indices}}}" if indices else "")
        value = name + self._arguments(printer, r" \mid ")
        return value if exp is None else rf"{value}^{{{exp}}}"

    def _sympystr(self, printer: Any) -> str:
        indices = ",".join(printer._print(parameter) for parameter in self.parameters)
        return self.name + (f"_{indices}" if indices else "") + self._arguments(printer, " | ")


@dataclass(frozen=True)
class DensityName:
    """The letter of a density: `p(X, Z)`, `q(Z | X)`, and `q[phi](z | x)` for $q_\\phi(z \\mid x)$."""

    name: str
    parameters: tuple[Expr, ...] = ()

    def __getitem__(self, parameters: Any) -> DensityName:
        return DensityName(self.name, parameters if isinstance(parameters, tuple) else (parameters,))

    def __call__(self, *arguments: Any) -> Density:
        of: list[Expr] = []
        given: list[Expr] = []
        for argument in arguments:
            if isinstance(argument, Conditional):
                of, given = of + list(argument.of), given + list(argument.given)
            else:
                (given if given else of).append(argument)
        return Density(self.name, of, given, self.parameters)


def densities(names: str) -> tuple[DensityName, ...]:
    """`p, q = densities("p q")`."""
    return tuple(DensityName(name) for name in names.split())


def variables(names: str) -> tuple[Variable, ...]:
    """`X, Z = variables("X Z")`."""
    return tuple(Variable(name) for name in names.split())


__all__ = [
    "Conditional",
    "Density",
    "DensityName",
    "Enclosing",
    "Symbol",
    "Variable",
    "VariableRange",
    "as_expr",
    "densities",
    "is_variable",
    "letter",
    "ordered",
    "variables",
]
