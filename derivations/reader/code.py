"""A closed form written as Python, the text that sympy prints: `loggamma(alpha) + alpha*log(beta)`.

Nothing is evaluated.  `ast` parses, and each kind of node on the list below builds its term; whatever is not on it
(attributes, lambdas, keywords, strings, other functions) raises `ReadError`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

import sympy
from sympy import Expr, Integer, Rational, Symbol

from derivations.context import Context
from derivations.language import Array, IndexedSum, Variable
from derivations.reader.errors import ReadError
from derivations.reader.limits import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_TREE,
    exponential,
    moderate,
    power,
    printable,
)

FUNCTIONS: Final[dict[str, Callable[[Expr], Expr]]] = {
    "log": sympy.log,
    "exp": exponential,
    "sqrt": lambda value: power(value, Rational(1, 2)),
    "gamma": lambda value: sympy.gamma(moderate(value)),
    "loggamma": lambda value: sympy.loggamma(moderate(value)),
    "digamma": lambda value: sympy.polygamma(0, moderate(value)),
    "trigamma": lambda value: sympy.polygamma(1, moderate(value)),
}
OTHERS: Final = ("polygamma", "Sum", "Matrix")
CONSTANTS: Final = {"pi": sympy.pi, "E": sympy.E}
OPERATORS: Final[dict[type[ast.operator], Callable[[Expr, Expr], Expr]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: lambda left, right: printable(left * right),
    ast.Div: lambda left, right: printable(left * power(_nonzero(right), Integer(-1))),
    ast.Pow: lambda left, right: power(_nonzero(left) if right.is_negative else left, right),
}
MAX_ORDER: Final = 10


def read_code(text: str, context: Context) -> Expr:
    """The term that a text stands for; a list or a `Matrix` is an array.  Raises ReadError."""
    if len(text) > MAX_CHARACTERS:
        raise ReadError(f"more than {MAX_CHARACTERS} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return Code(context).array_or_term(tree.body)
    except SyntaxError as error:
        raise ReadError("this is no Python expression", error.lineno or 1, error.offset or 1) from None
    except (ValueError, ArithmeticError, RecursionError, MemoryError):
        raise ReadError("this is nested too deeply, or holds a number too long to be read") from None


class Code:
    """Builds terms from nodes."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.depth = self.calls = 0

    def array_or_term(self, node: ast.expr) -> Expr:
        """A whole answer: a column, a matrix, or a scalar."""
        if isinstance(node, ast.Call) and name_of(node.func) == "Matrix" and len(node.args) == 1 and not node.keywords:
            node = node.args[0]
        if not isinstance(node, ast.List | ast.Tuple):
            return self(node)
        rows = [each.elts if isinstance(each, ast.List | ast.Tuple) else [each] for each in node.elts]
        if not rows or len({len(row) for row in rows}) > 1:
            raise refusal("the rows of a matrix have different lengths, or there are none", node)
        return Array([[self(entry) for entry in row] for row in rows])

    def __call__(self, node: ast.expr) -> Expr:
        """The term of one node."""
        self.depth += 1
        if self.depth > MAX_TREE:
            raise refusal(f"more than {MAX_TREE} operators inside each other", node)
        build = BUILDERS.get(type(node))
        if build is None:
            raise refusal("only numbers, letters, + - * / ** and known functions can stand here", node)
        try:
            return build(self, node)
        except ReadError as error:
            raise error if error.line > 1 or error.column > 1 else refusal(error.reason, node) from None
        finally:
            self.depth -= 1

    def constant(self, node: ast.Constant) -> Expr:
        """An exact number: 0.1 is one tenth."""
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 10**MAX_DIGITS:
            raise refusal(f"a number of at most {MAX_DIGITS} digits can stand here", node)
        return Rational(repr(value))

    def name(self, node: ast.Name) -> Expr:
        """A constant, data, or a letter of the question."""
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        return Variable(node.id) if node.id in self.context.variables else self.context.symbol(node.id)

    def member(self, node: ast.Subscript) -> Expr:
        """`x[n]`."""
        name = name_of(node.value)
        if name not in self.context.indexed:
            raise refusal("only data has members, such as x[n]", node)
        return Variable(name, self(node.slice))

    def unary(self, node: ast.UnaryOp) -> Expr:
        """A sign."""
        if not isinstance(node.op, ast.USub | ast.UAdd):
            raise refusal("only a sign can stand before a term", node)
        value = self(node.operand)
        return -value if isinstance(node.op, ast.USub) else value

    def binary(self, node: ast.BinOp) -> Expr:
        """`+ - * / **`."""
        if type(node.op) not in OPERATORS:
            raise refusal("the operators are + - * / **", node)
        return OPERATORS[type(node.op)](self(node.left), self(node.right))

    def call(self, node: ast.Call) -> Expr:
        """A known function of terms."""
        name, arguments = name_of(node.func), node.args
        self.calls += 1
        if node.keywords or self.calls > 10 * MAX_DEPTH:
            raise refusal("functions take no keywords, and there are at most a few hundred of them", node)
        if name in FUNCTIONS and len(arguments) == 1:
            return FUNCTIONS[name](self(arguments[0]))
        if name == "polygamma" and len(arguments) == 2:
            return self.polygamma(*arguments)
        if name == "Sum" and len(arguments) == 2:
            return self.sum(*arguments)
        known = ", ".join([*FUNCTIONS, *OTHERS])
        raise refusal(f"{name or 'this'} is no function of so many arguments that can be read; there are {known}", node)

    def polygamma(self, order: ast.expr, argument: ast.expr) -> Expr:
        """A derivative of log gamma: the order is a small number."""
        number = self(order)
        if not (number.is_Integer and 0 <= number <= MAX_ORDER):
            raise refusal(f"the order of polygamma is a number from 0 to {MAX_ORDER}", order)
        return sympy.polygamma(number, moderate(self(argument)))

    def sum(self, body: ast.expr, limits: ast.expr) -> Expr:
        """`Sum(body, (n, 1, N))`."""
        if not (isinstance(limits, ast.Tuple) and len(limits.elts) == 3 and isinstance(limits.elts[0], ast.Name)):
            raise refusal("the limits of a sum are written (n, 1, N)", limits)
        index = self.context.symbol(limits.elts[0].id)
        if not index.is_integer:
            index = Symbol(index.name, integer=True, positive=True)
        lower, upper = (moderate(self(each)) for each in limits.elts[1:])
        return IndexedSum(self(body).xreplace({Symbol(index.name, real=True): index}), index, lower, upper)


BUILDERS: Final[dict[type[ast.expr], Callable[[Code, Any], Expr]]] = {
    ast.Constant: Code.constant,
    ast.Name: Code.name,
    ast.Subscript: Code.member,
    ast.UnaryOp: Code.unary,
    ast.BinOp: Code.binary,
    ast.Call: Code.call,
}


def name_of(node: ast.expr) -> str:
    """The name that stands there, or nothing."""
    return node.id if isinstance(node, ast.Name) else ""


def refusal(reason: str, node: ast.expr) -> ReadError:
    """An error at the place of a node."""
    return ReadError(reason, node.lineno, node.col_offset + 1)


def _nonzero(value: Expr) -> Expr:
    if value.is_zero:
        raise ReadError("a division by zero")
    return value
