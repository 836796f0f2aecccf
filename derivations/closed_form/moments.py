r"""Exact moments of the Normal, Gamma and Gumbel families: powers, logarithms, exponentials and their products.

Each family has a transform M, whose log has the derivatives κ_1, κ_2, ... (cumulants); the n-th derivative of M is
M times the complete Bell polynomial B_n(κ_1, ..., κ_n). So

* Normal(m, v):   E[x^n e^{tx}] = M B_n,  M = exp(m t + v t²/2),  κ_1 = m + v t, κ_2 = v;
* Gumbel(m, s):   E[x^n e^{tx}] = M B_n,  M = e^{m t} Γ(1 - s t),  κ_1 = m - s ψ(1 - st), κ_j = (-s)^j ψ_{j-1}(1 - st);
* Gamma(a, b):    E[x^s (log x)^k e^{tx}] = M B_k,  M = Γ(a+s) / Γ(a) · b^a (b-t)^{-(a+s)},
                  κ_1 = ψ(a+s) - log(b-t), κ_j = ψ_{j-1}(a+s), for a + s > 0 and t < b.

E[score] = 0 and Fisher = E[score scoreᵀ] are thus identities, not averages of samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy
from sympy import Expr, Integer, exp, gamma, log, polygamma

from derivations import language as lang
from derivations.closed_form.canonical import explicit, take_apart


class NoMoment(ValueError):
    """The expectation is not among those with a known closed form; the message names the term."""


def moment(expression: Expr, family: lang.Family) -> Expr:
    """E[expression] over `family.point`, exactly, in the units of `expression`. Raises `NoMoment`."""
    if isinstance(family, lang.Gamma) and not family.point.is_positive:
        point = sympy.Dummy("x", positive=True)  # a Gamma variable is positive, whether or not it was declared
        return moment(expression.xreplace({family.point: point}), family.func(point, *family.args[1:]))
    opened = sympy.expand(take_apart(explicit(sympy.sympify(expression))), log=False, power_base=False)
    if opened == 0:
        return Integer(0)
    total = Integer(0)
    for term in sympy.Add.make_args(opened):
        constant, random = term.as_independent(family.point, as_Add=False)
        total += constant * (Integer(1) if random == 1 else _moment_of(_monomial(random, family.point), family))
    return total


@dataclass(frozen=True)
class Monomial:
    """x^power (log x)^logs e^{rate x}."""

    power: Expr
    logs: Expr
    rate: Expr


def _monomial(product: Expr, point: Expr) -> Monomial:
    """x^s (log x)^k e^{r x}.  Raises NoMoment for anything else."""
    power, logs, rate = Integer(0), Integer(0), Integer(0)
    for factor in sympy.Mul.make_args(product):
        base, exponent = (factor, Integer(1)) if isinstance(factor, exp) else factor.as_base_exp()
        if base == point and not exponent.has(point):
            power += exponent
        elif base == log(point) and exponent.is_Integer and exponent > 0:
            logs += exponent
        elif isinstance(factor, exp) and not (slope := sympy.cancel(factor.exp / point)).has(point):
            rate += slope
        else:
            raise NoMoment(f"no closed form is known for the mean of {factor}")
    return Monomial(power, logs, rate)


def _moment_of(monomial: Monomial, family: lang.Family) -> Expr:
    """E[x^s (log x)^k e^{r x}] under the family."""
    if isinstance(family, lang.Gamma):
        return _gamma_moment(monomial, *family.args[1:])
    if monomial.logs != 0 or not (monomial.power.is_Integer and monomial.power >= 0):
        raise NoMoment(f"no closed form is known for this power or logarithm under {type(family).__name__}")
    transform, cumulant = _transform(family, monomial.rate)
    return transform * bell_polynomial(int(monomial.power), cumulant)


def _gamma_moment(monomial: Monomial, a: Expr, b: Expr) -> Expr:
    """Under Gamma(a, b): the mean of x^s e^{r x}, times the moment of (log x)^k under the law tilted by it."""
    s, rate = monomial.power, b - monomial.rate
    rising = sympy.Mul(*(a + k for k in range(int(s)))) if s.is_Integer and s >= 0 else gamma(a + s) / gamma(a)
    transform = rising * (b / rate) ** a * rate**-s

    def cumulant(j: int) -> Expr:
        """κ_j of log x under Gamma(a + s, rate): ψ_{j-1}(a + s), less log(rate) for j = 1."""
        return polygamma(j - 1, a + s) - (log(rate) if j == 1 else 0)

    return transform * bell_polynomial(int(monomial.logs), cumulant)


def _transform(family: lang.Family, t: Expr) -> tuple[Expr, Callable[[int], Expr]]:
    """M(t) and the cumulants of a Normal or a Gumbel."""
    _, first, second = family.args
    if isinstance(family, lang.Normal):
        mean = first + second * t
        return exp(first * t + second * t**2 / 2), lambda j: (mean, second)[j - 1] if j <= 2 else Integer(0)
    if isinstance(family, lang.Gumbel):
        inside = 1 - second * t
        shift = first
        return (
            exp(first * t) * gamma(inside),
            lambda j: (-second) ** j * polygamma(j - 1, inside) + (shift if j == 1 else 0),
        )
    raise NoMoment(f"the moments of {type(family).__name__} are not known")


def bell_polynomial(n: int, cumulant: Callable[[int], Expr]) -> Expr:
    """B_n(κ_1, ..., κ_n): the n-th moment in terms of the cumulants, by B_{n+1} = Σ_i C(n, i) B_{n-i} κ_{i+1}."""
    values: list[Expr] = [Integer(1)]
    for m in range(n):
        values.append(sympy.Add(*(sympy.binomial(m, i) * values[m - i] * cumulant(i + 1) for i in range(m + 1))))
    return values[n]
