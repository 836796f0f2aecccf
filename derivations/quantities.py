r"""Named quantities, additive constants, explicit families and matrices: the leaves of a derivation."""

from __future__ import annotations

from typing import Any

from sympy import Expr, ImmutableMatrix, Symbol, Tuple, exp, gamma, log, loggamma, pi, sqrt
from sympy.core.symbol import Str

from derivations.densities import Enclosing, as_expr, letter


class Quantity(Expr):
    r"""What the context or an earlier line defines: $\mathcal{L}(q)$, $\mathcal{L}_K$, $W_k$, $L_T$.

    `arguments` are what stands in parentheses after it; `index` its subscript or None.
    """

    is_commutative = True

    def __new__(cls, name: str | Str, index: Any = None, arguments: Any = ()) -> Any:
        label = name if isinstance(name, Str) else Str(name)
        subscript = Tuple() if index is None or index == Tuple() else Tuple(as_expr(index))
        if isinstance(index, Tuple) and index.args:
            subscript = index
        return super().__new__(cls, label, subscript, Tuple(*arguments))

    @property
    def name(self) -> str:
        """The letter."""
        return self.args[0].name

    @property
    def index(self) -> Expr | None:
        """The subscript, or None."""
        return self.args[1].args[0] if self.args[1].args else None

    @property
    def arguments(self) -> tuple[Expr, ...]:
        """What stands in parentheses after it."""
        return self.args[2].args

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        subscript = "" if self.index is None else f"_{{{printer._print(self.index)}}}"
        inside = ", ".join(printer._print(argument) for argument in self.arguments)
        power = "" if exp is None else f"^{{{exp}}}"
        return letter(self.name) + subscript + power + (f"({inside})" if inside else "")

    def _sympystr(self, printer: Any) -> str:
        index = "" if self.index is None else f"[{printer._print(self.index)}]"
        inside = ", ".join(printer._print(argument) for argument in self.arguments)
        return self.name + index + (f"({inside})" if inside else "")


class MatrixQuantity(Quantity):
    r"""A named matrix or column, $J$ or $F(\eta)$: it keeps its place in a product."""

    is_commutative = False


class Array(Expr):
    """An explicit matrix as one factor of a product; `matrix` is the sympy matrix."""

    is_commutative = False

    def __new__(cls, rows: Any) -> Array:
        return super().__new__(cls, ImmutableMatrix(rows))

    @property
    def matrix(self) -> ImmutableMatrix:
        """The sympy matrix."""
        return self.args[0]

    def _latex(self, printer: Any) -> str:
        return printer._print(self.matrix)


class Transposed(Enclosing):
    """$A^T$; a scalar is its own transpose."""

    is_commutative = False

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = "T" if exp is None else f"T \\, {exp}"
        return rf"{printer._print(self.body)}^{{{power}}}"


class Constant(Expr):
    """An additive constant: `C` does not depend on what the context lets vary."""

    is_commutative = True
    is_real = True

    def __new__(cls, name: str | Str = "C") -> Constant:
        return super().__new__(cls, name if isinstance(name, Str) else Str(name))

    @property
    def name(self) -> str:
        """The letter, such as `C`."""
        return self.args[0].name

    def _latex(self, printer: Any) -> str:
        return letter(self.name)


class Family(Expr):
    """The density of a named family at a point; the first argument is the point."""

    is_commutative = True
    is_positive = True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        point, *parameters = map(printer._print, self.args)
        name = r"\mathcal{N}" if isinstance(self, Normal) else rf"\text{{{type(self).__name__}}}"
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{name}{power}\left({point} \mid {', '.join(parameters)}\right)"

    def __new__(cls, *arguments: Any) -> Any:
        return super().__new__(cls, *(as_expr(argument) for argument in arguments))

    @property
    def point(self) -> Expr:
        """Where the density is taken."""
        return self.args[0]

    @property
    def log_density(self) -> Expr:
        """The log density in nats, as a closed form."""
        raise NotImplementedError


class Normal(Family):
    r"""$\mathcal{N}(x \mid m, v)$: `Normal(x, mean, variance)`."""

    @property
    def log_density(self) -> Expr:
        r"""$-\tfrac12 \log(2\pi v) - (x - m)^2 / (2v)$ in nats."""
        x, mean, variance = self.args
        return -log(2 * pi * variance) / 2 - (x - mean) ** 2 / (2 * variance)


class Gamma(Family):
    r"""$\text{Gamma}(x \mid a, b)$, shape and **rate**: `Gamma(x, shape, rate)`; a scale is 1 / rate."""

    @property
    def log_density(self) -> Expr:
        r"""$a \log b - \log\Gamma(a) + (a - 1) \log x - b x$ in nats."""
        x, shape, rate = self.args
        return shape * log(rate) - loggamma(shape) + (shape - 1) * log(x) - rate * x


class Gumbel(Family):
    r"""$\text{Gumbel}(x \mid m, s)$, location and scale."""

    @property
    def log_density(self) -> Expr:
        r"""$-\log s - z - e^{-z}$ with $z = (x - m)/s$, in nats."""
        x, location, scale = self.args
        z = (x - location) / scale
        return -log(scale) - z - exp(-z)


__all__ = [
    "Array",
    "Constant",
    "Family",
    "Gamma",
    "Gumbel",
    "MatrixQuantity",
    "Normal",
    "Quantity",
    "Symbol",
    "Transposed",
    "gamma",
    "sqrt",
]
