r"""Random finite models: every variable takes two or three values, and every integral is a finite sum.

Sums and integrals are one concept here: each value has a volume (see `tables`). What holds for all densities holds
on every such model, and what does not fails on almost all of them. Both sides are evaluated by their
definitions: $p(Z \mid X)$ is the table of $p(X, Z)$ divided by its sum over $Z$, an expectation is a weighted
sum, a gradient is the tangent of dual numbers. Nothing here is shared with the prover.

A functional derivative $\partial / \partial q_1(Z_1)$ is the partial derivative in the entries of the table
of $q_1$, which are free to move (a multiplier, not the table, keeps the sum at one).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add, mul
from typing import Any

import mpmath
import numpy as np
from sympy import Add, Basic, Expr, Mul, NumberSymbol, Pow, Rational, Symbol, Tuple, exp, log
from sympy.core.function import AppliedUndef

from derivations.language import (
    KL,
    Constant,
    Density,
    Entropy,
    Expectation,
    Gradient,
    Marginal,
    StopGradient,
    Variable,
)
from derivations.models import dual
from derivations.models.concrete import Meaningless
from derivations.models.joints import Joint, prototype
from derivations.models.tables import EXACT, Field, Grid, Kernel, Table


class NotFinite(Exception):
    """The statement needs continuous variables: a derivative in a variable, or through a sample."""


KernelKey = tuple[str, tuple[Variable, ...], tuple[Variable, ...]]


def key_of(kernel: Kernel) -> KernelKey:
    """What tells the tables of a model apart."""
    return kernel.name, kernel.of, kernel.given


@dataclass
class FiniteModel:
    """A batch of random models; `value` evaluates an expression on all of them and at all free values."""

    grid: Grid
    joints: dict[str, Joint]
    tables: dict[KernelKey, Table]
    parameters: dict[Basic, Any]
    numbers: Field
    volumes: dict[Variable, Any] = field(default_factory=dict)
    observed_only: frozenset[Variable] = frozenset()
    moved: dict[KernelKey, Any] = field(default_factory=dict)
    level: int = 0
    _memo: dict[Any, Any] = field(default_factory=dict)

    def value(self, expr: Basic) -> Any:
        """An array over (models, variables' values, directions)."""
        if expr not in self._memo:
            self._memo[expr] = self._evaluate(expr)
        return self._memo[expr]

    def _evaluate(self, expr: Basic) -> Any:
        """The value by the rule for this kind of expression.  Raises Meaningless."""
        if expr in self.parameters:
            return self.parameters[expr]
        for kind, rule in _RULES.items():
            if isinstance(expr, kind):
                return rule(self, expr)
        raise Meaningless(f"{expr} has no value on a finite model")

    def constant(self, number: Any) -> Any:
        """A number as an array."""
        value = mpmath.mpf(number.p) / number.q if isinstance(number, Rational) else number
        return np.array(
            value if self.numbers is EXACT else float(value), dtype=object if self.numbers is EXACT else float
        ).reshape((1,) * self.grid.ndim)

    # densities

    def density(self, density: Density) -> Any:
        """The values of a density: its joint's table summed over the rest, divided by that of its conditions."""
        joint = self.joints[density.name]
        if any(v.name in joint.copies and v.index is not None for v in density.variables):
            return self._draws(density, joint)
        given = [v for v in density.given if v in joint.variables or v not in self.observed_only]
        of = set(density.of) - set(given)
        if not of <= joint.generated or not set(given) <= set(joint.variables):
            raise Meaningless(f"the context gives {density} no meaning")
        above = self._marginal(joint, of | set(given))
        return above / self._marginal(joint, set(given)) if set(given) & joint.generated else above

    def _draws(self, density: Density, joint: Joint) -> Any:
        """Independent draws: the product of one density for each, moved to the axes of that draw."""
        indices = {v.index for v in density.of if v.name in joint.copies}
        if len(indices) > 1 and any(v.name not in joint.copies for v in density.of):
            raise Meaningless(f"{density} mixes several draws with variables they share")
        values = (self._one_draw(density, joint, index) for index in sorted(indices, key=str))
        return reduce(mul, values) if indices else self._one_draw(density, joint, density.given[-1].index)

    def _one_draw(self, density: Density, joint: Joint, index: Expr | None) -> Any:
        """The density at one draw, moved to the axes of that draw."""

        def mine(v: Variable) -> bool:
            """Does the variable belong to this draw, or to all of them?"""
            return v.name not in joint.copies or v.index == index

        of = [v for v in density.of if mine(v)]
        given = [v for v in density.given if mine(v)]
        plain = Density(
            density.name,
            [prototype(v, joint.copies) for v in of],
            [prototype(v, joint.copies) for v in given],
            density.parameters,
        )
        value = self.density(plain)
        for v in of + given:
            if v.name in joint.copies and v.index is not None:
                value = dual.swap(value, self.grid.axis(Variable(v.name)), self.grid.axis(v))
        return value

    def _marginal(self, joint: Joint, kept: set[Variable]) -> Any:
        """The joint with everything else integrated out, computed once."""
        key = (joint.name, frozenset(kept))
        if key not in self._memo:
            self._memo[key] = self.integral(self._full(joint), joint.generated - kept)
        return self._memo[key]

    def integral(self, values: Any, over: Iterable[Variable]) -> Any:
        """The sum over variables, each value weighted by its volume."""
        over = set(over)
        return dual.total(values * self._volume(over), self.grid.axes(over))

    def _volume(self, variables: Iterable[Variable]) -> Any:
        return reduce(mul, (self.volumes[v] for v in variables), self.constant(Rational(1)))

    def _full(self, joint: Joint) -> Any:
        if joint.name not in self._memo:
            self._memo[joint.name] = reduce(mul, (self._table(kernel) for kernel in joint.kernels))
        return self._memo[joint.name]

    def _table(self, kernel: Kernel) -> Any:
        """Values of a kernel on the grid; the moved ones under a functional derivative."""
        key = key_of(kernel)
        if key in self.moved:
            return self.moved[key]
        table = self.tables[key]
        values = [self.parameters[parameter] for parameter in table.kernel.parameters]
        return table.density(values, self.grid.axes(kernel.of), self._volume(kernel.of))

    # operators

    def product(self, densities: Iterable[Expr]) -> tuple[Any, set[Variable]]:
        """(values of a product of densities, the variables it is a density over)."""
        factors = list(densities)
        if not all(isinstance(factor, Density) for factor in factors):
            raise Meaningless(f"{factors} is not a product of densities")
        bound = {v for factor in factors for v in set(factor.of) - set(factor.given)}
        return reduce(mul, (self.value(factor) for factor in factors)), bound

    def expectation(self, measure: Iterable[Expr], body: Any) -> Any:
        """The weighted sum over the variables the measure is a density over."""
        weights, bound = self.product(measure)
        return self.integral(weights * body, bound)

    def marginal(self, expr: Marginal) -> Any:
        r"""$\int f \, dz$: the sum of the body over the values of the variables, each times its volume."""
        count = self.grid.shape(1, expr.variables)
        return self.integral(dual.widen(self.value(expr.body), count), expr.variables)

    def gradient(self, expr: Gradient) -> Any:
        """The derivative of the body in parameters, by dual numbers, or in the entries of a density."""
        if isinstance(expr.wrt, Density):
            return self._functional_derivative(expr)
        if isinstance(expr.wrt, Variable):
            raise NotFinite(f"a derivative in {expr.wrt}")
        wrt = expr.wrt.args if isinstance(expr.wrt, Tuple) else (expr.wrt,)
        level = self.level + 1
        # A column of derivatives is tested along one direction, which differs from coordinate to coordinate.
        moved = {
            parameter: dual.Dual(level, self.parameters[parameter], self.constant(Rational(3 + i, 3)))
            for i, parameter in enumerate(wrt)
            if parameter in self.parameters
        }
        inside = replace(self, parameters=self.parameters | moved, level=level, _memo={})
        return dual.parts(inside.value(expr.body), level)[1]

    def _functional_derivative(self, expr: Gradient) -> Any:
        """The slope in each value of one factor, moved by a dual number of its own over the volume of its cell."""
        wrt = expr.wrt
        key = (wrt.name, wrt.of, wrt.given)
        if key not in self.tables or len(wrt.of) != 1 or wrt.given:
            raise Meaningless(f"{wrt} is not one factor of a joint, so there is no derivative in it")
        axis, level = self.grid.axis(wrt.of[0]), self.level + 1
        table = self._table(self.tables[key].kernel)
        unit = np.eye(self.grid.values[axis - 1], dtype=int)
        shape = [1] * self.grid.ndim
        shape[axis] = shape[-1] = len(unit)
        step = self.numbers.convert(unit.reshape(shape)) / self.volumes[wrt.of[0]]
        inside = replace(self, moved=self.moved | {key: dual.Dual(level, table, step)}, level=level, _memo={})
        slope = dual.parts(inside.value(expr.body), level)[1]
        if dual.length(slope, axis) != 1:
            raise Meaningless(f"{expr.body} depends on {wrt.of[0]}: it is no functional of {wrt}")
        return dual.swap(slope, axis, self.grid.ndim - 1)

    def divergence(self, q: Expr, p: Expr) -> Any:
        r"""$KL(q \| p) = \mathbb{E}_q[\log q - \log p]$."""
        return self.expectation(factors_of_product(q), dual.log(self.value(q)) - dual.log(self.value(p)))

    def function(self, expr: AppliedUndef) -> Any:
        """A function nothing is known of has no value: raises `Meaningless`."""
        raise Meaningless(f"the context says nothing of {expr.func}")


def factors_of_product(product: Expr) -> tuple[Expr, ...]:
    """The densities of a product of densities."""
    return product.args if isinstance(product, Mul) else (product,)


def _power(model: FiniteModel, expr: Pow) -> Any:
    """A power; by exp and log where the exponent is no number."""
    if not expr.exp.is_Rational:
        return dual.exp(model.value(expr.exp) * dual.log(model.value(expr.base)))
    exponent = expr.exp if expr.exp.is_Integer else model.constant(expr.exp)
    return dual.power(model.value(expr.base), exponent)


_RULES: dict[type, Any] = {
    Rational: lambda model, e: model.constant(e),
    NumberSymbol: lambda model, e: model.constant(mpmath.mpf(e.evalf(80))),
    Constant: lambda model, e: model.constant(Rational(0)),
    Add: lambda model, e: reduce(add, (model.value(arg) for arg in e.args)),
    Mul: lambda model, e: reduce(mul, (model.value(arg) for arg in e.args)),
    Pow: _power,
    log: lambda model, e: dual.log(model.value(e.args[0])),
    exp: lambda model, e: dual.exp(model.value(e.args[0])),
    Density: lambda model, e: model.density(e),
    Expectation: lambda model, e: model.expectation(e.measure.args, model.value(e.body)),
    KL: lambda model, e: model.divergence(e.q, e.p),
    Entropy: lambda model, e: -model.expectation(factors_of_product(e.q), dual.log(model.value(e.q))),
    Marginal: lambda model, e: model.marginal(e),
    Gradient: lambda model, e: model.gradient(e),
    StopGradient: lambda model, e: dual.primal(model.value(e.body)),
    AppliedUndef: lambda model, e: model.function(e),
    Symbol: lambda model, e: model.function(e),
}
