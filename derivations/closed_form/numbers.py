"""High-precision numbers for closed forms, by walking the expression (nothing is compiled or evaluated as code).

`evaluate` gives one number at one point; the working precision is mpmath's. Sums and products over data
have concrete bounds at a point (the sizes were drawn), so they are plain loops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import sympy
from mpmath import mp

Number = Any  # mpmath's mpf or mpc, which carry no types
Values = Mapping[sympy.Basic, sympy.Rational]

MAX_TERMS = 10_000  # of one sum or product
MAX_LOG = 1e6  # of one power


class NotNumeric(ValueError):
    """The expression contains something that has no number at a point; the message names it."""


class TooLarge(ArithmeticError):
    """A number at this point would have millions of digits; another point may do."""


FUNCTIONS: dict[type, Callable] = {
    sympy.log: mpmath.log,
    sympy.exp: lambda exponent: mpmath.exp(_bounded(exponent)),
    sympy.gamma: mpmath.gamma,
    sympy.loggamma: mpmath.loggamma,
    sympy.polygamma: lambda order, x: mpmath.psi(int(order), x),
    sympy.factorial: mpmath.factorial,
    sympy.beta: mpmath.beta,
    sympy.zeta: mpmath.zeta,
    sympy.erf: mpmath.erf,
    sympy.sin: mpmath.sin,
    sympy.cos: mpmath.cos,
    sympy.tanh: mpmath.tanh,
    sympy.cosh: mpmath.cosh,
    sympy.sinh: mpmath.sinh,
    sympy.Abs: abs,
    sympy.sign: mpmath.sign,
    sympy.Max: max,
    sympy.Min: min,
    sympy.KroneckerDelta: lambda i, j: mpmath.mpf(i == j),
    sympy.binomial: mpmath.binomial,
}


def evaluate(expression: sympy.Basic, values: Values) -> Number:
    """The number of `expression` where each symbol, or entry `x[1]` of the data, has its value in `values`.

    Raises `NotNumeric` for anything without a number here, and mpmath's errors at a pole.
    """
    if expression in values:
        return evaluate(values[expression], {})
    if isinstance(expression, sympy.Rational):
        return mpmath.mpf(expression.p) / expression.q
    if expression.is_Number or expression.is_NumberSymbol:
        return mpmath.mpmathify(expression._to_mpmath(mp.prec))
    if isinstance(expression, sympy.Add):
        return mpmath.fsum(evaluate(term, values) for term in expression.args)
    if isinstance(expression, sympy.Mul):
        return mpmath.fprod(evaluate(factor, values) for factor in expression.args)
    if isinstance(expression, sympy.Pow):
        return _power(evaluate(expression.base, values), evaluate(expression.exp, values))
    if isinstance(expression, sympy.Sum):
        return mpmath.fsum(_terms(expression, values))
    if isinstance(expression, sympy.Product):
        return mpmath.fprod(_terms(expression, values))
    if isinstance(expression, sympy.Indexed):
        return evaluate(entry(expression, values), values)
    if isinstance(expression, sympy.Piecewise):
        return _piecewise(expression, values)
    if type(expression) in FUNCTIONS:
        return FUNCTIONS[type(expression)](*(evaluate(argument, values) for argument in expression.args))
    raise NotNumeric(f"{expression} has no number")


def _power(base: Number, exponent: Number) -> Number:
    """`base ** exponent`, in bounds: a tower of exponents is refused rather than computed."""
    if not (mpmath.isfinite(base) and mpmath.isfinite(exponent)):
        raise ZeroDivisionError("a pole")
    if base != 0 and abs(exponent * mpmath.log(abs(base))) > MAX_LOG:
        raise TooLarge(f"{mpmath.nstr(base, 5)} ** {mpmath.nstr(exponent, 5)}")
    return base**exponent


def _bounded(exponent: Number) -> Number:
    """The exponent of an exponential, if it is not too large."""
    if abs(exponent) > MAX_LOG:
        raise TooLarge(f"exp({mpmath.nstr(exponent, 5)})")
    return exponent


def entry(indexed: sympy.Indexed, values: Values) -> sympy.Indexed:
    """`x[i]` with its index computed: `x[2]` where i has the value 2."""
    indices = [integer(index, values) for index in indexed.indices]
    concrete = indexed.base[tuple(indices)]
    if concrete not in values:
        raise NotNumeric(f"{concrete} was not drawn")
    return concrete


def integer(index: sympy.Expr, values: Values) -> int:
    """The value of an index or of the end of a range; `NotNumeric` if it is not an integer."""
    number = evaluate(index, values)
    if number != int(number):
        raise NotNumeric(f"index {index} is not an integer")
    return int(number)


def ranges(expression: sympy.Sum | sympy.Product, values: Values) -> list[dict[sympy.Basic, sympy.Integer]]:
    """Every assignment of the indices of a sum or product with concrete bounds, outermost index first."""
    assignments: list[dict[sympy.Basic, sympy.Integer]] = [{}]
    for index, low, high in reversed(expression.limits):
        assignments = [
            {**chosen, index: sympy.Integer(i)}
            for chosen in assignments
            for i in range(integer(low, {**values, **chosen}), integer(high, {**values, **chosen}) + 1)
        ]
        if len(assignments) > MAX_TERMS:
            raise NotNumeric(f"{expression.func.__name__.lower()} with more than {MAX_TERMS} terms")
    return assignments


def _terms(expression: sympy.Sum | sympy.Product, values: Values) -> list[Number]:
    return [evaluate(expression.function, {**values, **chosen}) for chosen in ranges(expression, values)]


def _piecewise(expression: sympy.Piecewise, values: Values) -> Number:
    for branch, condition in expression.args:
        if condition is sympy.true or (condition is not sympy.false and _truth(condition, values)):
            return evaluate(branch, values)
    raise NotNumeric("no branch applies")


def _truth(condition: sympy.Basic, values: Values) -> bool:
    if not isinstance(condition, sympy.core.relational.Relational):
        raise NotNumeric(f"condition {condition}")
    left, right = (evaluate(side, values) for side in condition.args)
    comparisons = {sympy.Eq: left == right, sympy.Ne: left != right}
    if type(condition) in comparisons:
        return comparisons[type(condition)]
    return bool(sympy.Rel(sympy.Float(left), sympy.Float(right), condition.rel_op))


def real_value(expression: sympy.Basic, values: Values, digits: int) -> mpmath.mpf | None:
    """The real number of `expression` to `digits` digits, or None where it has none (a pole, a complex log).

    Raises `NotNumeric`, and `TooLarge` where there may be a number that is too large to compute.
    """
    with mpmath.workdps(digits):
        try:
            number = evaluate(expression, values)
        except (ZeroDivisionError, ValueError, mpmath.libmp.NoConvergence) as error:
            if isinstance(error, NotNumeric):
                raise
            return None
        if isinstance(number, mpmath.mpc):
            if abs(number.imag) > mpmath.mpf(10) ** (10 - digits) * (1 + abs(number.real)):
                return None
            number = number.real
        return number if mpmath.isfinite(number) else None
