r"""What a letter with its scripts stands for, which only the context can say.

$x_{t-1}$ is a member of a family, $\mu_N$ one symbol, $q_\phi$ a density with a parameter, $q_1$ another density,
$\mathcal{L}_K$ a quantity; $A^T$ is a transpose, $q^*$ a name, $x^2$ a power.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from lark import Token
from sympy import Expr, Integer, Symbol, Tuple, pi

from derivations.context import Context
from derivations.densities import Density, Variable, VariableRange, is_variable
from derivations.language import Array, Constant, MatrixQuantity, Quantity, Transposed
from derivations.reader.errors import ReadError
from derivations.reader.limits import power
from derivations.reader.scanner import words
from derivations.reader.vocabulary import OPEN_ARGUMENT

GREEK_PARAMETERS: Final = words("phi theta lambda psi eta omega xi nu mu alpha beta varphi vartheta")


@dataclass(frozen=True)
class Dots:
    r"""`\dots` between the first and the last of a list."""


@dataclass(frozen=True)
class Range:
    """`1:N` in a subscript."""

    lower: Expr
    upper: Expr


@dataclass(frozen=True)
class Condition:
    """`n = 1`, `t > 1` or `z ~ q` under an operator."""

    left: Expr
    sign: str
    right: Expr


@dataclass(frozen=True)
class Word:
    """Text in a subscript."""

    text: str


Bound: TypeAlias = Expr | Dots | Range | Condition | Word


@dataclass(frozen=True)
class Scripts:
    """What hangs on a letter: the items of its subscript, its superscript, primes, a star."""

    below: tuple[Bound, ...] = ()
    above: Expr | None = None
    primes: int = 0
    star: bool = False
    transposed: bool = False

    @property
    def is_bare(self) -> bool:
        """Whether there is no script at all."""
        return self == Scripts()

    @property
    def mark(self) -> str:
        """Star and primes, which belong to the name."""
        return ("^*" if self.star else "") + "'" * self.primes

    def raised(self, base: Expr) -> Expr:
        """`base` with the superscript read as a transpose or a power."""
        if self.transposed:
            base = Transposed(base)
        if self.above is None:
            return base
        if not base.is_commutative and str(self.above) in ("T", "-T"):
            return Transposed(base if str(self.above) == "T" else power(base, Integer(-1)))
        return power(base, self.above)


def plain(term: Bound) -> str:
    """A subscript as part of a name: `N`, `0`, `5,n`."""
    if isinstance(term, Word):
        return term.text
    if isinstance(term, (Variable, Quantity, Constant)) and len(term.args) > 1 and term.args[1:] != (Tuple(), Tuple()):
        return f"{term.name}_{plain(term.index)}" if term.index is not None else term.name
    if isinstance(term, (Variable, Quantity, Constant)):
        return term.name
    return str(term)


class Letters:
    """Turns letters into terms of the language under one context."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def symbol(self, letter: Token, scripts: Scripts) -> Expr | VariableRange:
        """A letter that is neither a density nor applied."""
        name, context = str(letter), self.context
        if name == OPEN_ARGUMENT:
            return self._left_open(letter)
        if name in context.constants and not scripts.below:
            return scripts.raised(Constant(name + scripts.mark))
        if self._is_member(name + scripts.mark, scripts.below):
            return scripts.raised(self._member(letter, name + scripts.mark, scripts.below))
        if name == "pi" and not scripts.below:
            return scripts.raised(pi)
        term = self._named(name + self._label(letter, scripts.below) + scripts.mark, scripts.below)
        parameters = next((d.right for d in context.definitions if d.left == term and isinstance(d.right, Tuple)), None)
        if parameters is not None and scripts.transposed:
            return Array([list(parameters)])
        if parameters is not None and scripts.above is not None:
            raise _error(letter, "a list of parameters cannot carry a superscript; write its components")
        return scripts.raised(term)

    def _left_open(self, letter: Token) -> Expr:
        r"""The dot of $q(\cdot \mid x)$: the latent variable, or the block of all of them."""
        latent = self.context.latent
        whole = [variable for variable, parts in self.context.blocks.items() if parts == latent]
        if len(latent) != 1 and len(whole) != 1:
            raise _error(letter, "the context does not say which variable the dot stands for")
        return latent[0] if len(latent) == 1 else whole[0]

    def _is_member(self, name: str, below: Sequence[Bound]) -> bool:
        r"""A subscript makes a member only of a family: where $\mu$ is random, $\mu_0$ may be a number."""
        return name in self.context.indexed or (name in self.context.variables and not below)

    def _named(self, name: str, below: Sequence[Bound]) -> Expr:
        """One symbol, a matrix or a quantity, or a member of a family with a composite index such as `5,n`."""
        context = self.context
        if name in context.matrices:
            return MatrixQuantity(name)
        if name in context.functions:
            return Quantity(name)
        last = below[-1] if below else None
        if isinstance(last, Symbol) and last.name in context.ranges and len(below) > 1:
            return Variable(name.rpartition(",")[0] or name, last)
        return context.symbol(name)

    def _label(self, letter: Token, below: Sequence[Bound]) -> str:
        if any(isinstance(item, (Dots, Range, Condition)) for item in below):
            raise _error(letter, f"{letter} has no members that this subscript could mean")
        return "_" + ",".join(plain(item) for item in below) if below else ""

    def _member(self, letter: Token, name: str, below: Sequence[Bound]) -> Expr | VariableRange:
        """$x$, $x_t$ or $x_{1:N}$."""
        if not below:
            return Variable(name)
        if len(below) > 1:
            raise _error(letter, f"{name} has one index, not {len(below)}")
        (item,) = below
        if isinstance(item, Range):
            return VariableRange(name, item.lower, item.upper)
        if isinstance(item, Word):
            return Variable(f"{name}_{item.text}")
        if not isinstance(item, Expr):
            raise _error(letter, f"this subscript is no index of {name}")
        return Variable(name, item)

    def bare_density(self, letter: Token, scripts: Scripts) -> Expr:
        r"""`q` alone, as in $\mathcal{L}(q)$: a symbol of that name."""
        return Symbol(self.density_name(letter, scripts)[0], real=True)

    def density_name(self, letter: Token, scripts: Scripts) -> tuple[str, tuple[Expr, ...]]:
        r"""The name of a density and its parameters: $q_1^*$ has none, $q_\phi$ has $\phi$."""
        if scripts.above is not None or scripts.transposed:
            raise _error(letter, "a density cannot carry this superscript")
        numbered = [plain(item) for item in scripts.below if not self._is_parameter(item)]
        parameters = tuple(item for item in scripts.below if self._is_parameter(item))
        name = str(letter) + ("_" + ",".join(numbered) if numbered else "") + scripts.mark
        return name, parameters  # type: ignore[return-value]

    def _is_parameter(self, item: Bound) -> bool:
        """Does this subscript name a parameter, as the φ of q_φ does?"""
        if isinstance(item, (Dots, Range, Condition)):
            raise ReadError("this subscript is neither a parameter nor a number")
        if isinstance(item, Variable):
            return item.name.partition("_")[0] in GREEK_PARAMETERS
        return isinstance(item, Symbol) and item.name.partition("_")[0].rstrip("'") in GREEK_PARAMETERS

    def density(self, letter: Token, scripts: Scripts, of: Sequence[Expr], given: Sequence[Expr]) -> Density:
        r"""$q_\phi(z \mid x)$; arguments that are not random are parameters."""
        power_of = scripts.above
        bare = Scripts(scripts.below, None, scripts.primes, scripts.star)
        name, parameters = self.density_name(letter, bare if power_of is not None else scripts)
        if power_of is not None:
            raise _error(letter, "write the power of a density after its argument")
        random = [term for term in of if is_variable(term)]
        if not random:
            raise _error(letter, f"none of the arguments of {name} is a random variable of this question")
        fixed = [term for term in of if not is_variable(term)]
        return Density(name, random, given, (*parameters, *fixed))

    def quantity(self, letter: Token, scripts: Scripts, arguments: Sequence[Expr]) -> Expr:
        r"""$\mathcal{L}_K(q)$, $W_k$, $F(\eta)$, $J$: a name, its index, its arguments."""
        if any(not isinstance(item, (Expr, Word)) for item in scripts.below):
            raise _error(letter, f"{letter} cannot carry this subscript")
        name, kind = str(letter) + scripts.mark, MatrixQuantity if letter in self.context.matrices else Quantity
        if (scripts.below and isinstance(scripts.below[0], Word)) or "nabla" in name:
            name, index = f"{name}_{{{','.join(plain(item) for item in scripts.below)}}}", None
        else:
            index = _index(scripts.below)
        return scripts.raised(kind(name, index, _known_arguments(arguments)))


def _index(below: Sequence[Bound]) -> Expr | Tuple | None:
    if not below:
        return None
    return below[0] if len(below) == 1 else Tuple(*below)  # type: ignore[return-value]


def _known_arguments(arguments: Sequence[Expr]) -> list[Expr]:
    """Arguments written as one tuple count as several."""
    spread: list[Expr] = []
    for argument in arguments:
        spread.extend(argument.args if isinstance(argument, Tuple) else [argument])
    return spread


def listed(items: Sequence[Bound], token: str = "") -> list[Expr]:
    r"""A list of terms; `Z_1, \dots, Z_K` becomes the range `Z_{1:K}`, other lists keep their members."""
    terms: list[Expr] = []
    position = 0
    while position < len(items):
        item = items[position]
        if isinstance(item, Dots):
            if not terms or position + 1 == len(items):
                raise ReadError("dots without a first and a last term", token=token)
            terms.append(between(terms.pop(), items[position + 1]))
            position += 1
        elif isinstance(item, Expr | Tuple):
            terms.append(item)
        else:
            raise ReadError("this cannot stand in a list of terms", token=token)
        position += 1
    return terms


def between(first: Expr, last: Bound) -> Expr:
    """What the dots between two members of a family stand for."""
    if isinstance(first, Variable) and isinstance(last, Variable) and None not in (first.index, last.index):
        if first.name == last.name:
            return VariableRange(first.name, first.index, last.index)
        raise ReadError("dots between members of two families", token=r"\dots")
    if isinstance(first, Density) and isinstance(last, Density):
        return repeated(first, last)
    raise ReadError("dots between terms that do not belong to one family", token=r"\dots")


def repeated(first: Density, last: Density) -> Expr:
    r"""$q(Z_1 \mid X), \dots, q(Z_K \mid X)$ as a product over $k$."""
    from derivations.language import IndexedProduct

    ends = [(a, b) for a, b in zip(first.of, last.of, strict=False) if isinstance(a, Variable) and a != b]
    if len(ends) != 1 or ends[0][0].index != Integer(1):
        raise ReadError("dots between densities that do not belong to one family", token=r"\dots")
    start, end = ends[0]
    k = Symbol("k", integer=True, positive=True)
    body = first.xreplace({start: Variable(start.name, k)})
    if body.xreplace({k: end.index}) != last:
        raise ReadError("dots between densities that do not belong to one family", token=r"\dots")
    return IndexedProduct(body, k, 1, end.index)


def _error(token: Token, reason: str) -> ReadError:
    return ReadError(reason, token.line or 1, token.column or 1, str(token))


__all__ = ["Array", "Condition", "Dots", "Letters", "Range", "Scripts", "Word", "between", "listed", "plain"]
