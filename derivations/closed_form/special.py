"""The Gamma family in one form: gamma, loggamma and polygamma at few arguments.

* shift (DLMF 5.5.1, 5.5.2, 5.15.5): Γ(z+1) = z Γ(z), ψ(z+1) = ψ(z) + 1/z, and their derivatives;
* multiplication (DLMF 5.5.6): Γ(mz) = (2π)^((1-m)/2) m^(mz-1/2) Π_k Γ(z + k/m), and its derivatives.

`unify` rewrites an expression so that two arguments which differ by an integer, or are integer multiples of a
common one, become the same argument.
"""

from __future__ import annotations

import math

import sympy
from sympy import Integer, Rational, gamma, log, loggamma, pi, polygamma

MAX_SHIFT = 50
MAX_MULTIPLE = 6
FAMILY = (gamma, loggamma, polygamma)


def unify(expression: sympy.Expr) -> sympy.Expr:
    """`expression` with every member of the Gamma family at its reduced argument."""
    expression = expression.replace(sympy.factorial, lambda n: gamma(n + 1))
    expression = expression.replace(sympy.beta, lambda a, b: gamma(a) * gamma(b) / gamma(a + b))
    expression = expression.replace(sympy.binomial, _binomial)
    members = expression.atoms(*FAMILY)
    units = _units([member.args[-1] for member in members])
    return expression.xreplace({member: _reduce(member, units) for member in members})


def _binomial(n: sympy.Expr, k: sympy.Expr) -> sympy.Expr:
    return gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1))


def _split(argument: sympy.Expr) -> tuple[Rational, sympy.Expr, Rational]:
    """`argument` as (c, p, r) with argument = c p + r, r rational and p without a rational content."""
    argument = sympy.expand(argument)
    constant, rest = argument.as_coeff_Add()
    if not constant.is_Rational:
        constant, rest = Integer(0), argument
    content, primitive = rest.primitive() if rest.is_Add else rest.as_coeff_Mul()
    if not content.is_Rational:
        content, primitive = Integer(1), rest
    if primitive.could_extract_minus_sign():
        content, primitive = -content, -primitive
    return content, primitive, constant


def _units(arguments: list[sympy.Expr]) -> dict[sympy.Expr, Rational]:
    """For each primitive part, the largest number of which all its contents are integer multiples."""
    contents: dict[sympy.Expr, list[Rational]] = {}
    for argument in arguments:
        content, primitive, _ = _split(argument)
        contents.setdefault(primitive, []).append(abs(content))
    return {primitive: _common_measure(found) for primitive, found in contents.items() if primitive != 0}


def _common_measure(numbers: list[Rational]) -> Rational:
    denominator = math.lcm(*(int(number.q) for number in numbers))
    return Rational(math.gcd(*(int(number * denominator) for number in numbers)), denominator)


def _reduce(member: sympy.Expr, units: dict[sympy.Expr, Rational]) -> sympy.Expr:
    """One member of the family by the multiplication theorem, then by the shift."""
    content, primitive, _ = _split(member.args[-1])
    if primitive == 0:
        return _shift(member)
    multiple = content / units[primitive]
    if not (multiple.is_Integer and 2 <= multiple <= MAX_MULTIPLE):
        return _shift(member)
    m, z = int(multiple), member.args[-1] / multiple
    terms = [_shift(_at(member, z + Rational(k, m))) for k in range(m)]
    if isinstance(member, gamma):
        return (2 * pi) ** Rational(1 - m, 2) * m ** (m * z - Rational(1, 2)) * sympy.Mul(*terms)
    if isinstance(member, loggamma):
        return Rational(1 - m, 2) * log(2 * pi) + (m * z - Rational(1, 2)) * log(m) + sympy.Add(*terms)
    order = member.args[0]
    return (log(m) if order == 0 else 0) + sympy.Add(*terms) / Integer(m) ** (order + 1)


def _at(member: sympy.Expr, argument: sympy.Expr) -> sympy.Expr:
    return member.func(*member.args[:-1], sympy.expand(argument))


def _shift(member: sympy.Expr) -> sympy.Expr:
    """The same member at an argument whose constant part lies in [0, 1)."""
    argument = sympy.expand(member.args[-1])
    steps = sympy.floor(argument.as_coeff_Add()[0]) if argument.as_coeff_Add()[0].is_Rational else Integer(0)
    if steps == 0 or argument.is_number or abs(steps) > MAX_SHIFT:
        return sympy.expand_func(member) if argument.is_number else _at(member, argument)
    base = argument - steps
    passed = [base + k for k in range(min(0, steps), max(0, steps))]
    sign = 1 if steps > 0 else -1
    reduced = _at(member, base)
    if isinstance(member, gamma):
        return reduced * sympy.Mul(*passed) ** sign
    if isinstance(member, loggamma):
        return reduced + sign * sympy.Add(*(log(z) for z in passed))
    n = member.args[0]
    return reduced + sign * (-1) ** n * sympy.factorial(n) * sympy.Add(*(z ** -(n + 1) for z in passed))
