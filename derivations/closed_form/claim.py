"""One claim about explicit formulas: first tested at random points, then proved.

These functions run in the worker process (`worker`), because computer algebra can hang and a tower of exponents
can fill the memory; `decide` is their caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import mpmath
import sympy

from derivations.closed_form.canonical import is_zero
from derivations.closed_form.inequalities import rule_for
from derivations.closed_form.numbers import NotNumeric
from derivations.closed_form.points import DIGITS, Assignment, Difference, agree, sample
from derivations.closed_form.special import FAMILY
from derivations.verdict import Counterexample, Verdict, proved, refuted, supported, undecided


@dataclass(frozen=True)
class Claim:
    """`left sign right` between two scalars, sign one of `=`, `<=`, `>=`, `<`, `>`."""

    left: sympy.Expr
    sign: str
    right: sympy.Expr

    def holds_at(self, difference: Difference) -> bool:
        """Whether the claim is true at one point, where both sides are real."""
        if agree(difference, self.left, self.right):
            return self.sign in ("=", "<=", ">=")
        gap = mpmath.mpf(difference.left) - mpmath.mpf(difference.right)
        return (gap < 0 and self.sign[0] == "<") or (gap > 0 and self.sign[0] == ">")


def test_at_points(claim: Claim, n_points: int, seed: int) -> Verdict:
    """The claim at random points of its domain: refuted at the first that fails, else supported."""
    undefined: list[Difference] = []
    found = 0
    try:
        for difference in sample(claim.left, claim.right, n_points, seed):
            if difference.left is None or difference.right is None:
                undefined.append(difference)
                continue
            if not claim.holds_at(difference):
                return _refuted(claim, difference)
            found += 1
    except NotNumeric as reason:
        return undecided(f"no numbers to compare: {reason}", ("random points",))
    if found == 0:
        return _one_sided(claim, undefined)
    defined = " where both sides are real" if undefined else ""
    tested = f"{DIGITS} digits at {found} random points of the domain{defined}"
    return supported("random points", f"holds to {tested}; no proof was found", ("normal form",))


def _one_sided(claim: Claim, undefined: list[Difference]) -> Verdict:
    """No point where both sides are real: a counterexample if one side always is and the other never."""
    if undefined and len({difference.left is None for difference in undefined}) == 1:
        return _refuted(claim, undefined[0])
    return undecided("both sides were real at no random point", ("random points",))


def _refuted(claim: Claim, difference: Difference) -> Verdict:
    left, right = (_show(number) for number in (difference.left, difference.right))
    where = ", ".join(f"{name} = {_decimal(value)}" for name, value in difference.point.items()) or "as they stand"
    counterexample = Counterexample(where, left, right, rerun(claim, difference.point))
    return refuted("random points", f"the sides differ at {where}", counterexample)


def _show(number: mpmath.mpf | None) -> str:
    return "not a real number" if number is None else mpmath.nstr(number, 20)


def _decimal(value: sympy.Rational) -> str:
    return str(value) if value.is_Integer else f"{float(value):.6g}"


def rerun(claim: Claim, point: Assignment) -> str:
    """Three lines of Python that print both sides again."""
    sides = [concrete(side, point) for side in (claim.left, claim.right)]
    symbols = sorted(set().union(*(side.free_symbols for side in sides)), key=str)
    names = {symbol: sympy.Symbol(_identifier(str(symbol))) for symbol in symbols}
    numbers = {str(symbol): value for symbol, value in point.items()}
    values = ", ".join(f"{name}: Rational('{numbers[str(symbol)]}')" for symbol, name in names.items())
    left, right = (sympy.sstr(side.xreplace(names)) for side in sides)
    declare = f"; var({' '.join(map(str, names.values()))!r})" if names else ""
    return (
        f"from sympy import *{declare}\n"
        f"left, right = sympify({left!r}), sympify({right!r})\n"
        f"print(*(side.subs({{{values}}}).n(20) for side in (left, right)))"
    )


def _identifier(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_") + "_"


def concrete(expression: sympy.Expr, point: Assignment) -> sympy.Expr:
    """`expression` with the sizes of its sums filled in and its sums written out, data as plain symbols."""
    sizes = {s: v for s, v in point.items() if v.is_Integer and s.is_integer}
    written = expression.xreplace(sizes).doit()
    data = {entry: sympy.Symbol(str(entry)) for entry in written.atoms(sympy.Indexed)}
    return written.xreplace(data)


def prove(claim: Claim) -> Verdict | None:
    """A proof by normal form, or by a rule for inequalities, or None."""
    if claim.sign in ("=", "<=", ">=") and is_zero(claim.left - claim.right):
        return proved(", ".join(rules(claim)), "both sides have the same normal form")
    if claim.sign == "=":
        return None
    sides = (claim.left, claim.right) if claim.sign[0] == ">" else (claim.right, claim.left)
    rule = rule_for(*sides, strict=claim.sign in ("<", ">"))
    return None if rule is None else proved(rule, f"the difference of the sides is settled by the {rule}")


def rules(claim: Claim) -> Iterator[str]:
    """What the normal form had to use, named by what occurs in the claim."""
    kinds = (
        ("differentiation", sympy.Derivative),
        ("linearity of sums", sympy.Sum),
        ("products over data", sympy.Product),
        ("logarithm of a product", sympy.log),
        ("exponential of a sum", sympy.exp),
        ("recurrence of the Gamma family", FAMILY),
    )
    used = [name for name, kind in kinds if claim.left.atoms(*_tuple(kind)) | claim.right.atoms(*_tuple(kind))]
    yield from used or ["algebra"]


def _tuple(kind: type | tuple[type, ...]) -> tuple[type, ...]:
    return kind if isinstance(kind, tuple) else (kind,)
