r"""Operators on densities: expectation, divergence, entropy, integrals, indexed sums, gradients.

The measure of an expectation is what stands under the $\mathbb{E}$: a density, a product of densities
(`Tuple`), the variables it draws (`Draws`), all but some (`AllBut`), or a bare letter (`Bare`). A context
turns each into densities (`Context.measure`).
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, Mul, Symbol, Tuple, preorder_traversal
from sympy.core.symbol import Str

from derivations.densities import Density, Enclosing, as_expr, letter


class Draws(Basic):
    r"""$\mathbb{E}_{Z_1, \dots, Z_K}$: the variables that are drawn, from the densities the context gives."""

    @property
    def variables(self) -> tuple[Expr, ...]:
        """What is drawn, or for `AllBut` what is not."""
        return self.args

    def _latex(self, printer: Any) -> str:
        return ", ".join(printer._print(term) for term in self.args)


class AllBut(Draws):
    r"""$\mathbb{E}_{-Z_1}$: every latent variable but these."""

    def _latex(self, printer: Any) -> str:
        return "-" + super()._latex(printer)


class Bare(Basic):
    r"""$\mathbb{E}_q$, or $\mathbb{E}$ alone (an empty name): a letter whose meaning the context knows."""

    def __new__(cls, name: str | Str = "") -> Bare:
        return super().__new__(cls, name if isinstance(name, Str) else Str(name))

    @property
    def name(self) -> str:
        """The letter; empty for an expectation without a subscript."""
        return self.args[0].name

    def _latex(self, printer: Any) -> str:
        return letter(self.name)


def as_measure(measure: Any) -> Basic:
    """What may stand under an expectation: a product of densities becomes a `Tuple` of its factors."""
    if isinstance(measure, str):
        return Bare(measure)
    if isinstance(measure, Mul):
        return Tuple(*measure.args)
    return Tuple(*measure) if isinstance(measure, tuple) else measure


class Expectation(Expr):
    r"""$\mathbb{E}_{\text{measure}}[\text{body}]$."""

    is_commutative = True

    def __new__(cls, measure: Any, body: Any) -> Expectation:
        return super().__new__(cls, as_measure(measure), as_expr(body))

    @property
    def measure(self) -> Basic:
        """What stands under the E."""
        return self.args[0]

    @property
    def body(self) -> Expr:
        """What the mean is taken of."""
        return self.args[1]

    def _latex(self, printer: Any) -> str:
        measure = self.measure
        below = (
            " ".join(printer._print(factor) for factor in measure.args)
            if isinstance(measure, Tuple)
            else printer._print(measure)
        )
        subscript = f"_{{{below}}}" if below else ""
        return rf"\mathbb{{E}}{subscript}\left[{printer._print(self.body)}\right]"


class _ExpectationSugar:
    """`E[q(Z)](body)`; `E[q1(Z1), q2(Z2)](body)` is over a product, `E["q"](body)` over a bare letter."""

    def __getitem__(self, measure: Any) -> Any:
        return lambda body: Expectation(measure, body)

    def __call__(self, body: Any) -> Expectation:
        return Expectation(Bare(), body)


E = _ExpectationSugar()


class KL(Expr):
    r"""$KL(q \,\|\, p) = \mathbb{E}_q[\log(q / p)]$, over the variables of $q$."""

    is_commutative = True

    def __new__(cls, q: Any, p: Any) -> KL:
        return super().__new__(cls, as_expr(q), as_expr(p))

    @property
    def q(self) -> Expr:
        """The density that the mean is over."""
        return self.args[0]

    @property
    def p(self) -> Expr:
        """The density that it is compared with."""
        return self.args[1]

    def _latex(self, printer: Any) -> str:
        return rf"KL\left({printer._print(self.q)} \,\|\, {printer._print(self.p)}\right)"


class Entropy(Expr):
    r"""$H(q) = -\mathbb{E}_q[\log q]$."""

    is_commutative = True

    def __new__(cls, q: Any) -> Entropy:
        return super().__new__(cls, as_expr(q))

    @property
    def q(self) -> Expr:
        """The density."""
        return self.args[0]

    def _latex(self, printer: Any) -> str:
        return rf"H\left({printer._print(self.q)}\right)"


class Marginal(Expr):
    r"""$\int \text{body} \, dZ$: an integral or a sum over random variables (`variables` is a `Tuple`)."""

    is_commutative = True

    def __new__(cls, body: Any, variables: Any) -> Marginal:
        over = Tuple(*variables) if isinstance(variables, (tuple, list, Tuple)) else Tuple(variables)
        return super().__new__(cls, as_expr(body), over)

    @property
    def body(self) -> Expr:
        """What is integrated."""
        return self.args[0]

    @property
    def variables(self) -> tuple[Expr, ...]:
        """What it is integrated over."""
        return self.args[1].args

    def _latex(self, printer: Any) -> str:
        measure = r" \, ".join("d" + printer._print(variable) for variable in self.variables)
        return rf"\int {printer._print(self.body)} \, {measure}"


class _Indexed(Expr):
    """A sum or product of `body` for `index` from `lower` to `upper`, both included."""

    symbol = ""

    def __new__(cls, body: Any, index: Symbol, lower: Any, upper: Any) -> Any:
        return super().__new__(cls, as_expr(body), index, as_expr(lower), as_expr(upper))

    @property
    def is_commutative(self) -> bool:
        """A sum of columns does not commute with matrices."""
        return bool(self.body.is_commutative)

    @property
    def body(self) -> Expr:
        """What is summed or multiplied."""
        return self.args[0]

    @property
    def index(self) -> Symbol:
        """What is counted; bound within the body."""
        return self.args[1]

    @property
    def lower(self) -> Expr:
        """The first value of the index."""
        return self.args[2]

    @property
    def upper(self) -> Expr:
        """The last one."""
        return self.args[3]

    @property
    def free_symbols(self) -> set[Basic]:
        """Those of body and bounds, without the index in the body."""
        inside = self.body.free_symbols - {self.index}
        return inside | self.lower.free_symbols | self.upper.free_symbols

    def _latex(self, printer: Any) -> str:
        body, index, lower, upper = (printer._print(argument) for argument in self.args)
        return rf"{self.symbol}_{{{index}={lower}}}^{{{upper}}} \left({body}\right)"


class IndexedSum(_Indexed):
    r"""$\sum_{t=2}^T \text{body}$."""

    symbol = r"\sum"


class IndexedProduct(_Indexed):
    r"""$\prod_{n=1}^N \text{body}$, a plate or a chain when the body is a density."""

    symbol = r"\prod"


class Gradient(Expr):
    r"""$\nabla_\phi$ or $\partial/\partial\phi$ with every variable held fixed.

    `wrt` is a parameter, a variable, a density (a functional derivative at a point), or a `Tuple` of
    parameters, and then the value is a column.
    """

    nabla = r"\nabla"

    def __new__(cls, body: Any, wrt: Any) -> Any:
        return super().__new__(cls, as_expr(body), Tuple(*wrt) if isinstance(wrt, tuple) else wrt)

    @property
    def body(self) -> Expr:
        """What is differentiated."""
        return self.args[0]

    @property
    def wrt(self) -> Basic:
        """In what: a parameter, a variable, a density, or a `Tuple` of parameters."""
        return self.args[1]

    @property
    def is_commutative(self) -> bool:
        """A column of partial derivatives does not commute with matrices."""
        return not isinstance(self.wrt, Tuple)

    def _latex(self, printer: Any) -> str:
        return rf"{self.nabla}_{{{printer._print(self.wrt)}}} \left[{printer._print(self.body)}\right]"


class TotalGradient(Gradient):
    r"""$\frac{d}{d\phi}$ through the sample as well: $z = t(\epsilon, \phi)$ moves with $\phi$."""

    nabla = r"\frac{d}{d}"


class StopGradient(Enclosing):
    """A value that gradients treat as constant."""

    is_commutative = True

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{sg}}\left[{printer._print(self.body)}\right]"


def contains(expr: Basic, *kinds: type) -> bool:
    """Whether a term of one of these classes occurs anywhere in `expr`."""
    return any(isinstance(node, kinds) for node in preorder_traversal(expr))


def mentioned_densities(expr: Basic) -> set[Density]:
    """Every density that occurs in `expr`."""
    return {node for node in preorder_traversal(expr) if isinstance(node, Density)}
