"""The meaning of letters, numbers, fractions, functions, matrices: one method for each rule of latex.lark."""

from __future__ import annotations

from typing import Any

import sympy
from lark import Token, Transformer_NonRecursive, v_args
from sympy import Add, Expr, Integer, Mul, Symbol, Tuple

from derivations.context import Context, GammaConvention
from derivations.densities import Density, as_expr
from derivations.language import Array, Gamma, Gumbel, Normal, Quantity, Transposed, contains
from derivations.reader.errors import ReadError
from derivations.reader.factors import without_bare_letters
from derivations.reader.letters import Condition, Dots, Letters, Range, Scripts, Word, listed
from derivations.reader.limits import exponential, moderate, number, power, printable

FAMILIES = {"Normal": Normal, "Gamma": Gamma, "Ga": Gamma, "Gam": Gamma, "Gumbel": Gumbel}


def at(token: Token, reason: str) -> ReadError:
    """A complaint about the place of `token`."""
    return ReadError(reason, token.line or 1, token.column or 1, str(token))


@v_args(inline=True)
class Atoms(Transformer_NonRecursive):
    """Atoms and scripts; `Operators` adds what acts on them."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.letters = Letters(context)

    # --- scripts -----------------------------------------------------------------------------------------
    def scripts(self, *parts: Any) -> Scripts:
        """`_{N}^{2}`, primes and stars as one `Scripts`; ReadError for two of a kind."""
        below: tuple = ()
        above, primes, star, transposed = None, 0, False, False
        for kind, value in parts:
            if (kind == "below" and below) or (kind == "above" and above is not None):
                raise ReadError("two subscripts or two superscripts on one letter", token="_" if below else "^")
            below = value if kind == "below" else below
            above = value if kind == "above" else above
            primes += value if kind == "prime" else 0
            star, transposed = star or kind == "star", transposed or kind == "transpose"
        return Scripts(below, above, primes, star, transposed)

    def sub(self, _mark: Token, *content: Any) -> tuple[str, tuple]:
        """`_a` or `_{a, b}`."""
        items = content[1] if len(content) == 3 else (content[0],)
        return "below", items

    def sup(self, _mark: Token, *content: Any) -> tuple[str, Any]:
        """`^a`, or a star, prime or transpose that stands there."""
        value = content[1] if len(content) == 3 else content[0]
        if isinstance(value, Symbol | Quantity) and value.name == "T" and not self._is_a_number("T"):
            return self.transpose()
        return value if isinstance(value, tuple) else ("above", value)

    def _is_a_number(self, name: str) -> bool:
        """Whether the context has a number of this name, such as the number of steps $T$."""
        return name in self.context.integers | self.context.positive | self.context.variables

    def star(self, *_: Token) -> tuple[str, Any]:
        """`^*`."""
        return "star", True

    def transpose(self, *_: Token) -> tuple[str, Any]:
        r"""`^\top` or `^T`."""
        return "transpose", True

    def inverse_transpose(self, *_: Token) -> tuple[str, Any]:
        """`^{-T}`."""
        return "above", Symbol("-T")

    def prime(self, *_: Token) -> tuple[str, Any]:
        """`'`."""
        return "prime", 1

    def primes(self, *marks: Token) -> tuple[str, Any]:
        """`^{''}`."""
        return "prime", len(marks)

    def bounds(self, *items: Any) -> tuple:
        """The items of a subscript, without their commas."""
        return tuple(item for item in items if not isinstance(item, Token))

    def dots(self, _: Token) -> Dots:
        r"""`\dots`."""
        return Dots()

    def range(self, lower: Expr, _: Token, upper: Expr) -> Range:
        """`0:T`."""
        return Range(lower, upper)

    def condition(self, left: Expr, sign: Token, right: Expr) -> Condition:
        r"""`t > 1`, `k = 1`, `z \sim q`."""
        return Condition(left, str(sign), right)

    def word(self, text: Token) -> Word:
        """Text in a script."""
        return Word(str(text))

    # --- letters -----------------------------------------------------------------------------------------
    def number(self, digits: Token, scripts: Scripts) -> Expr:
        """`2`, `0.5`, `2^3`."""
        if scripts.below or scripts.primes or scripts.star or scripts.transposed:
            raise at(digits, "a number cannot carry this script")
        value = number(str(digits))
        return value if scripts.above is None else power(value, scripts.above)

    def symbol(self, letter: Token, scripts: Scripts) -> Any:
        r"""`\mu_N`: a parameter, a variable or a quantity, as the context says."""
        return self.letters.symbol(letter, scripts)

    def plain(self, token: Token) -> Any:
        r"""One token without braces: the `2` of `\frac12`."""
        if token.type == "NUMBER":
            return number(str(token))
        if token.type == "DENSITY":
            return self.letters.bare_density(token, Scripts())
        if token.type == "NAME" and token not in self.context.functions | self.context.matrices:
            return Word(str(token))
        return self.quantity(token, Scripts()) if token.type == "NAME" else self.symbol(token, Scripts())

    def density(self, letter: Token, scripts: Scripts, *application: Any) -> Expr:
        r"""`q_\phi(z|x)`; without parentheses a bare letter."""
        if not application:
            return self.letters.bare_density(letter, scripts)
        of, given, parameters = application[1]
        if len(of) == 1 and not (given or parameters) and contains(of[0], Density):
            return self.scripted(Mul(self.letters.bare_density(letter, scripts), self._factor(of[0])), application[3])
        return self.scripted(self.letters.density(letter, scripts, (*of, *parameters), given), application[3])

    def quantity(self, letter: Token, scripts: Scripts, *application: Any) -> Expr:
        r"""`\mathcal{L}(q)`, `F(\eta)`: what the context calls a function or a matrix."""
        if not application:
            return self._path(self.letters.quantity(letter, scripts, ()))
        of, given, parameters = application[1]
        if given:
            raise at(letter, f"{letter} is not a density of this question")
        return self.scripted(self.letters.quantity(letter, scripts, (*of, *parameters)), application[3])

    def _path(self, quantity: Expr) -> Expr:
        r"""A bare $t$ is the path $t(\epsilon, \phi)$, where the context knows it as one."""
        paths = (path for path in self.context.paths.values() if isinstance(path, Quantity) and path.arguments)
        return next((path for path in paths if path.func(path.name, path.index) == quantity), quantity)

    def arguments(self, *parts: Any) -> tuple[list[Expr], list[Expr], list[Expr]]:
        r"""`x, z | v; \theta` as (of, given, parameters)."""
        groups: dict[str, list[Expr]] = {"of": [], "BAR": [], "SEMICOLON": []}
        current = "of"
        for part in parts:
            if isinstance(part, Token):
                current = part.type
            else:
                groups[current] = listed(part)
        return groups["of"], groups["BAR"], groups["SEMICOLON"]

    def items(self, *parts: Any) -> list:
        """What stands between commas."""
        return [part for part in parts if not isinstance(part, Token)]

    def family(self, name: Token, scripts: Scripts, _open: Token, arguments: tuple, _close: Token) -> Expr:
        """A density of a named family; without a point, as after a tilde, a distribution by its parameters."""
        of, given, parameters = arguments
        rest = given + parameters
        if not scripts.is_bare or len(of) + len(rest) not in (2, 3) or (rest and len(of) != 1):
            raise at(name, f"write {name} as {name}(x | first, second) or, after a tilde, {name}(first, second)")
        if not rest:
            return Quantity(str(name), None, of)
        first, second = rest
        if FAMILIES[name] is Gamma and self.context.gamma is GammaConvention.SCALE:
            second = 1 / second
        return FAMILIES[name](of[0], first, second)

    # --- fractions, groups, functions --------------------------------------------------------------------
    def braced(self, _open: Token, body: Expr, _close: Token) -> Expr:
        """`{a}` is a."""
        return body

    braced_group = braced

    def fraction(self, mark: Token, above: Expr, below: Expr) -> Expr:
        r"""`\frac{a}{b}`; ReadError for a division by zero."""
        above, below = self._value(mark, above), self._value(mark, below)
        if below == 0:
            raise at(mark, "a division by zero")
        return printable(Mul(above, power(below, Integer(-1))))

    def root(self, mark: Token, body: Expr) -> Expr:
        r"""`\sqrt{a}`."""
        return sympy.sqrt(self._value(mark, body))

    def _value(self, mark: Token, term: Any) -> Expr:
        if not isinstance(term, Expr):
            raise at(mark, "this is not a number")
        return term

    def group(self, opening: Token, items: list, _close: Token) -> Expr | Tuple:
        """`(a)` is a, `(a, b)` a list."""
        terms = listed(items, str(opening))
        return terms[0] if len(terms) == 1 else Tuple(*terms)

    def scripted(self, body: Expr, scripts: Scripts) -> Expr:
        """`(a)^2`: a power, an inverse or a transpose of a bracket."""
        if scripts.is_bare or (isinstance(body, Tuple) and scripts == Scripts(transposed=True)):
            return body
        if scripts.below or scripts.primes or scripts.star or not isinstance(body, Expr):
            raise ReadError("a bracket cannot carry this script", token="_" if scripts.below else "^")
        return scripts.raised(body)

    def norm(self, mark: Token, body: Expr, _close: Token, scripts: Scripts) -> Expr:
        r"""`\|a\|^2` is the square of a."""
        if scripts.above != 2:
            raise at(mark, "only the square of a norm can be read")
        return body**2

    def function(self, name: Token, scripts: Scripts, argument: Expr) -> Expr:
        r"""`\exp(a)`, `\psi_1(a)`, `\Gamma(a)`."""
        argument = moderate(self._value(name, argument))
        value = self._applied(name, scripts, argument)
        if value is None:
            raise at(name, f"{name} cannot carry this script")
        return value

    def _applied(self, name: Token, scripts: Scripts, argument: Expr) -> Expr | None:
        r"""`\psi_1(a)`, `\Gamma(a)`, `\exp(x)` and their like; None where the scripts mean something else."""
        word = name.lstrip("\\")
        if word in ("psi", "digamma", "trigamma"):
            order = _polygamma_order(word, scripts)
            return None if order is None else sympy.polygamma(order, argument)
        if word == "Gamma" and scripts == Scripts(primes=1):
            return sympy.gamma(argument) * sympy.polygamma(0, argument)
        if scripts.below or scripts.primes or scripts.star:
            return None
        functions = {"exp": exponential, "Gamma": sympy.gamma, "tanh": sympy.tanh}
        return scripts.raised(functions[word](argument))

    def e_power(self, _e: Token, _sup: Token, exponent: Expr) -> Expr:
        """`e^{a}`."""
        return exponential(exponent)

    # --- matrices ----------------------------------------------------------------------------------------
    def row(self, *cells: Any) -> list[Expr]:
        """The cells of one row."""
        return [cell for cell in cells if not isinstance(cell, Token)]

    def matrix(self, begin: Token, *rows: Any) -> Expr:
        """The rows of a matrix; ReadError where they differ in length."""
        entries = [row for row in rows if not isinstance(row, Token)]
        if len({len(row) for row in entries}) != 1:
            raise at(begin, "the rows of this matrix have different lengths")
        return Array(entries)

    # --- sums and products -------------------------------------------------------------------------------
    def juxtapose(self, *factors: Any) -> Expr:
        """`a b`: a product, in this order."""
        return printable(Mul(*(self._factor(factor) for factor in factors if not isinstance(factor, Token))))

    def _factor(self, factor: Any) -> Expr:
        """The factor.  Raises ReadError for a list, which is no number."""
        if not isinstance(factor, Expr) or any(
            d.left == factor for d in self.context.definitions if isinstance(d.right, Tuple)
        ):
            raise ReadError("a list cannot be multiplied")
        return factor

    def over(self, above: Expr, mark: Token, below: Expr) -> Expr:
        """`a / b`."""
        return self.fraction(mark, above, below)

    def start(self, body: Any) -> Any:
        """The whole side; a letter that is left bare must be a number."""
        return without_bare_letters(body, self.context)


def _polygamma_order(word: str, scripts: Scripts) -> int | None:
    r"""0 for $\psi$, 1 for $\psi_1$, $\psi'$ and $\psi^{(1)}$."""
    if scripts.star or scripts.transposed or (scripts.primes and (scripts.below or scripts.above is not None)):
        return None
    if word == "trigamma":
        return 1 if scripts.is_bare else None
    orders = (*scripts.below, *(() if scripts.above is None else (scripts.above,)))
    if not orders:
        return scripts.primes
    return int(orders[0]) if len(orders) == 1 and isinstance(orders[0], Integer) and 0 <= orders[0] < 10 else None


__all__ = ["Add", "Atoms", "Density", "Symbol", "Transposed", "as_expr", "at"]
