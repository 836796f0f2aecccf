"""What an equation may cost, so that a hostile text ends in a message and nothing else.

A real equation of the assignment has fewer than 1000 characters and 500 tokens; the limits are far above that.
"""

from __future__ import annotations

from typing import Final

from lark import Tree
from sympy import Expr, Mul, Pow, Rational, S, exp

from derivations.reader.errors import ReadError

MAX_DOCUMENT: Final = 2_000_000
MAX_CHARACTERS: Final = 20_000
MAX_TOKENS: Final = 1_500
MAX_DEPTH: Final = 40
MAX_TREE: Final = 300
MAX_DIGITS: Final = 40
MAX_BITS: Final = 4_096
MAX_ARGUMENT: Final = 1_000


def number(text: str) -> Expr:
    """An exact number from its decimal digits: `0.1` is one tenth."""
    whole, _, fraction = text.partition(".")
    if len(whole) + len(fraction) > MAX_DIGITS:
        raise ReadError(f"a number of more than {MAX_DIGITS} digits", token=text[:12] + "…")
    return Rational(int(whole + fraction), 10 ** len(fraction))


def power(base: Expr, exponent: Expr) -> Expr:
    """base^exponent, unless a number in it is too long to write down: (2 a)^n is 2^n a^n."""
    if isinstance(exponent, Rational):
        longest = max(map(bits, Mul.make_args(base)))
        if longest * (abs(exponent.p) // exponent.q + 1) > MAX_BITS or (longest and exponent.q > MAX_ARGUMENT):
            raise ReadError(f"a power with more than {MAX_BITS} bits", token="^")
        if abs(exponent) > MAX_ARGUMENT:
            raise ReadError(f"an exponent of more than {MAX_ARGUMENT}", token="^")
    if isinstance(base, Pow) and isinstance(base.exp, Rational) and isinstance(exponent, Rational):
        return base.func(base, exponent, evaluate=False)
    value = base ** no_tower(exponent)
    for each in value.atoms(Pow, exp):  # (e^900)^1000 is e^900000
        no_tower(each.exp)
    return value


def exponential(exponent: Expr) -> Expr:
    """e^exponent."""
    return exp(no_tower(exponent))


def no_tower(exponent: Expr) -> Expr:
    """An exponent that is no large number: of e^(e^500) nobody asks whether it is an integer and gets an answer."""
    if large(exponent):
        tower = exponent.atoms(Pow, exp)
        raise ReadError(
            "a tower of powers of numbers" if tower else f"an exponent of more than {MAX_ARGUMENT}", token="^"
        )
    return exponent


def large(value: Expr) -> bool:
    """Whether this is a number beyond `MAX_ARGUMENT`.  Its parts are not, so that evaluating it takes no time."""
    return bool(value.is_number) and (abs(value.evalf(5)) > MAX_ARGUMENT) is S.true


def bits(factor: Expr) -> int:
    """The length of a number, or of what a root is taken of; 0 where the factor is neither."""
    number, root = (factor, 1) if isinstance(factor, Rational) else factor.as_base_exp()
    if not (isinstance(number, Rational) and isinstance(root, Rational | int)):
        return 0
    return max(number.p.bit_length(), number.q.bit_length())


def printable(value: Expr) -> Expr:
    """A product whose number in front is not too long to write down."""
    number, _ = value.as_coeff_Mul()
    if isinstance(number, Rational) and max(number.p.bit_length(), number.q.bit_length()) > 2 * MAX_BITS:
        raise ReadError(f"a number with more than {2 * MAX_BITS} bits")
    return value


def shallow(tree: Tree) -> Tree:
    """A parse tree that is not nested too deeply to be worked with."""
    level: list[Tree] = [tree]
    for _ in range(MAX_TREE):
        level = [child for node in level for child in node.children if isinstance(child, Tree)]
        if not level:
            return tree
    raise ReadError(f"more than {MAX_TREE} factors or operators inside each other")


def moderate(argument: Expr) -> Expr:
    """An argument at which a special function may be evaluated exactly without taking for ever."""
    if large(argument) or (isinstance(argument, Rational) and argument.q > MAX_ARGUMENT):
        token = str(argument.p if isinstance(argument, Rational) else argument)
        raise ReadError("a special function of a number this large or fine", token=token[:12])
    return argument
