r"""The language of derivations about densities: everything a statement is written in.

Terms are sympy expressions, so they compose and print as LaTeX in a notebook:

>>> X, Z = variables("X Z")
>>> p, q = densities("p q")
>>> E[q(Z)](log(p(X, Z) / q(Z)))
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sympy import Expr, Symbol, log
from sympy.printing.latex import LatexPrinter

from derivations.densities import (
    Conditional,
    Density,
    DensityName,
    Variable,
    VariableRange,
    densities,
    is_variable,
    variables,
)
from derivations.operators import (
    KL,
    AllBut,
    Bare,
    Draws,
    E,
    Entropy,
    Expectation,
    Gradient,
    IndexedProduct,
    IndexedSum,
    Marginal,
    StopGradient,
    TotalGradient,
    contains,
    mentioned_densities,
)
from derivations.quantities import (
    Array,
    Constant,
    Family,
    Gamma,
    Gumbel,
    MatrixQuantity,
    Normal,
    Quantity,
    Transposed,
)


class _Printer(LatexPrinter):
    """LaTeX as it is written by hand: $\\psi$, $\\psi_1$ and $\\log\\Gamma$."""

    def _print_polygamma(self, expr: Any, exp: str | None = None) -> str:
        order, argument = expr.args
        name = r"\psi" if order == 0 else rf"\psi_{{{self._print(order)}}}"
        return f"{name}{'' if exp is None else f'^{{{exp}}}'}\\left({self._print(argument)}\\right)"

    def _print_loggamma(self, expr: Any, exp: str | None = None) -> str:
        body = rf"\log\Gamma\left({self._print(expr.args[0])}\right)"
        return body if exp is None else rf"\left({body}\right)^{{{exp}}}"


def latex(expr: Any) -> str:
    """A term as LaTeX."""
    return _Printer().doprint(expr)


class Sign(StrEnum):
    """How two sides are related. `EQUAL_UP_TO_CONSTANT` is for logs, `PROPORTIONAL` for densities."""

    EQUAL = "="
    AT_MOST = r"\le"
    AT_LEAST = r"\ge"
    LESS = "<"
    GREATER = ">"
    DEFINED = ":="
    EQUAL_UP_TO_CONSTANT = r"\stackrel{+}{=}"
    PROPORTIONAL = r"\propto"
    DISTRIBUTED = r"\sim"

    @property
    def is_claim(self) -> bool:
        """Whether the relation says something that can be false; a definition does not."""
        return self not in (Sign.DEFINED, Sign.DISTRIBUTED)


@dataclass(frozen=True)
class Relation:
    """One statement: `left sign right`."""

    left: Expr
    sign: Sign
    right: Expr

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    @property
    def latex(self) -> str:
        """The statement as LaTeX."""
        return f"{latex(self.left)} {self.sign.value} {latex(self.right)}"

    def __str__(self) -> str:
        return f"{self.left} {self.sign.value} {self.right}"


def equal(left: Expr, right: Expr) -> Relation:
    """The claim `left = right`."""
    return Relation(left, Sign.EQUAL, right)


__all__ = [
    "KL",
    "AllBut",
    "Array",
    "Bare",
    "Conditional",
    "Constant",
    "Density",
    "DensityName",
    "Draws",
    "E",
    "Entropy",
    "Expectation",
    "Family",
    "Gamma",
    "Gradient",
    "Gumbel",
    "IndexedProduct",
    "IndexedSum",
    "Marginal",
    "MatrixQuantity",
    "Normal",
    "Quantity",
    "Relation",
    "Sign",
    "StopGradient",
    "Symbol",
    "TotalGradient",
    "Transposed",
    "Variable",
    "VariableRange",
    "contains",
    "densities",
    "equal",
    "is_variable",
    "latex",
    "log",
    "mentioned_densities",
    "variables",
]
