r"""Random linear-Gaussian models, for statements about continuous variables and derivatives through a sample.

Every factor is $x_i = a + b^T x_{pa} + s \, e$ with $e \sim N(0, 1)$, where a and log s depend on the factor's
parameters. Marginals and conditionals follow by linear algebra. A sample $z = t(\epsilon, \phi)$ is the mean of
$q_\phi(z \mid x)$ plus its standard deviation times $\epsilon$: a partial derivative holds z still, a total
derivative moves it. An expectation is Gauss-Hermite quadrature, exact for the polynomials that products of
logs and scores of Gaussians are; a statement about anything else is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache, reduce
from operator import add, mul
from typing import Any

import mpmath
import numpy as np
from sympy import Basic, Expr, Mul, Pow, Rational, log

from derivations.language import (
    KL,
    Density,
    Entropy,
    Expectation,
    Gradient,
    Marginal,
    TotalGradient,
    Variable,
)
from derivations.models import dual
from derivations.models.concrete import Meaningless
from derivations.models.finite import FiniteModel, factors_of_product
from derivations.models.tables import EXACT

NODES = 9  # exact for polynomials of degree 17


@dataclass(frozen=True)
class Regression:
    """x = intercept + slopes · parents + exp(log_scale) e, with parameters in intercept and log_scale."""

    variable: Variable
    parents: tuple[Variable, ...]
    parameters: tuple[Basic, ...]
    slopes: tuple[Any, ...]
    intercept: tuple[Any, ...]
    log_scale: tuple[Any, ...]


@dataclass
class GaussianModel(FiniteModel):
    """A batch of Gaussian models; variables have values, an expectation puts quadrature nodes on an axis."""

    regressions: dict[str, tuple[Regression, ...]] = field(default_factory=dict)
    points: dict[Variable, Any] = field(default_factory=dict)
    paths: dict[Variable, tuple[Expr, Density, Variable]] = field(default_factory=dict)  # z: t(e, phi), q(z|x), e
    nodes: int = NODES

    def _evaluate(self, expr: Basic) -> Any:
        if isinstance(expr, Variable):
            return self.points[expr]
        for z, (path, _, _) in self.paths.items():
            if expr == path:
                return self.sample(z)
        if isinstance(expr, Expectation):
            return self.mean(expr.measure.args, expr.body)
        if isinstance(expr, KL):
            return self.mean(factors_of_product(expr.q), log(expr.q) - log(expr.p))
        if isinstance(expr, Entropy):
            return self.mean(factors_of_product(expr.q), -log(expr.q))
        if isinstance(expr, Marginal):
            raise Meaningless(f"{expr} is no expectation, so quadrature does not apply")
        return self._log(expr.args[0]) if isinstance(expr, log) else super()._evaluate(expr)

    # densities

    def _log(self, argument: Expr) -> Any:
        """The log of a product of densities without the product, which may underflow."""
        if isinstance(argument, Mul):
            return reduce(add, (self._log(factor) for factor in argument.args))
        if isinstance(argument, Pow) and argument.exp.is_Integer:
            return self._log(argument.base) * self.constant(argument.exp)
        return self.log_density(argument) if isinstance(argument, Density) else dual.log(self.value(argument))

    def density(self, density: Density) -> Any:
        """The value of a Gaussian conditional density at the current point."""
        return dual.exp(self.log_density(density))

    def log_density(self, density: Density) -> Any:
        """The log of a Gaussian conditional density at the current point."""
        two_pi = 2 * mpmath.pi if self.numbers is EXACT else 2 * np.pi
        terms = []
        for v, mean, variance in self._sequence(density):
            residual = self.points[v] - mean
            terms.append(
                (dual.log(variance * self.constant(two_pi)) + residual * residual / variance)
                * self.constant(Rational(-1, 2))
            )
        return reduce(add, terms)

    def _sequence(self, density: Density) -> Iterable[tuple[Variable, Any, Any]]:
        """(variable, conditional mean, conditional variance), each given those before it and `given`."""
        noises = {e for _, _, e in self.paths.values()}
        if set(density.variables) <= noises:
            for e in density.of:
                yield e, self.constant(Rational(0)), self.constant(Rational(1))
            return
        means, rows = self._linear(density.name)
        order = [v for v in (*density.given, *(v for v in density.of if v not in density.given)) if v in means]
        residuals: list[tuple[dict[str, Any], Any, Any]] = []
        for v in order:
            mean, row = means[v], dict(rows[v])
            for direction, residual, variance in residuals:
                weight = _dot(row, direction) / variance
                mean = mean + weight * residual
                row = {e: row.get(e, 0) - weight * direction.get(e, 0) for e in {*row, *direction}}
            variance = _dot(row, row)
            if v not in density.given:
                yield v, mean, variance
            residuals.append((row, self.points[v] - mean, variance))

    def _linear(self, name: str) -> tuple[dict[Variable, Any], dict[Variable, dict[str, Any]]]:
        """Each variable's mean and its coefficients on independent unit noises, given the conditions."""
        means: dict[Variable, Any] = {}
        rows: dict[Variable, dict[str, Any]] = {}
        for r in self.regressions[name]:
            values = [self.parameters[p] for p in r.parameters]
            mean = r.intercept[0] + reduce(add, map(mul, r.intercept[1:], values), self.constant(Rational(0)))
            scale = r.log_scale[0] + reduce(add, map(mul, r.log_scale[1:], values), self.constant(Rational(0)))
            row: dict[str, Any] = {str(r.variable): dual.exp(scale)}
            for slope, parent in zip(r.slopes, r.parents, strict=True):
                mean = mean + slope * means.get(parent, self.points[parent])
                for e, c in rows.get(parent, {}).items():
                    row[e] = row.get(e, 0) + slope * c
            means[r.variable], rows[r.variable] = mean, row
        return means, rows

    # expectations and samples

    def mean(self, measure: Iterable[Expr], body: Expr) -> Any:
        """The expectation by quadrature, one axis a variable."""
        inside, bound = replace(self, points=dict(self.points), _memo={}), []
        abscissae, weights = _hermite(self.nodes, self.numbers is EXACT)
        total = self.constant(Rational(1))
        for density in measure:
            if not isinstance(density, Density):
                raise Meaningless(f"{density} is not a density")
            for v, mean, variance in inside._sequence(density):
                axis = self.grid.axis(v)
                shape = [1] * self.grid.ndim
                shape[axis] = self.nodes
                half = self.constant(Rational(1, 2))
                inside.points[v] = mean + dual.exp(half * dual.log(variance)) * abscissae.reshape(shape)
                total = total * weights.reshape(shape)
                if v in self.paths and density == self.paths[v][1]:  # z = t(e, phi), so e comes with z
                    inside.points[self.paths[v][2]] = abscissae.reshape(shape) * self.constant(Rational(1))
                bound.append(v)
                inside = replace(inside, _memo={})
        for z in self.paths:
            if z not in bound and self.paths[z][2] in bound:
                inside.points[z] = inside.sample(z)
        return dual.total(inside.value(body) * total, self.grid.axes(bound))

    def sample(self, z: Variable) -> Any:
        """t(epsilon, phi): the mean of q(z | x) plus its standard deviation times epsilon."""
        _, density, noise = self.paths[z]
        ((_, mean, variance),) = self._sequence(density)
        return mean + dual.exp(self.constant(Rational(1, 2)) * dual.log(variance)) * self.points[noise]

    def gradient(self, expr: Gradient) -> Any:
        """The derivative of the body in parameters or in variables, by dual numbers."""
        if isinstance(expr.wrt, Density):
            raise Meaningless("a functional derivative on a Gaussian model")
        level = self.level + 1
        one = self.constant(Rational(1))
        points, parameters = dict(self.points), dict(self.parameters)
        wrt = expr.wrt.args if not isinstance(expr.wrt, Variable) and expr.wrt.args else (expr.wrt,)
        for i, term in enumerate(wrt):
            where: Any = points if isinstance(term, Variable) else parameters
            if term in where:
                where[term] = dual.Dual(level, where[term], one * self.constant(Rational(3 + i, 3)) if i else one)
        inside = replace(self, points=points, parameters=parameters, level=level, _memo={})
        if isinstance(expr, TotalGradient):
            for z in self.paths:
                inside.points[z] = inside.sample(z)
        return dual.parts(inside.value(expr.body), level)[1]


def _dot(one: dict[str, Any], other: dict[str, Any]) -> Any:
    return reduce(add, (c * other[e] for e, c in one.items() if e in other))


@lru_cache
def _hermite(count: int, exact: bool) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights for the standard normal, refined by Newton's method to the working precision."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    if not exact:
        return nodes, weights / weights.sum()
    refined = [_newton(count, mpmath.mpf(x)) for x in nodes]
    values = [mpmath.factorial(count - 1) / (count * _hermite_value(count - 1, x) ** 2) for x in refined]
    return np.array(refined, dtype=object), np.array(values, dtype=object)


def _newton(count: int, x: Any) -> Any:
    for _ in range(8):
        x = x - _hermite_value(count, x) / (count * _hermite_value(count - 1, x))
    return x


def _hermite_value(count: int, x: Any) -> Any:
    """The probabilists' Hermite polynomial of this degree."""
    before, here = mpmath.mpf(1), x
    for degree in range(1, count):
        before, here = here, x * here - degree * before
    return here if count else mpmath.mpf(1)


__all__ = ["NODES", "GaussianModel", "Regression"]
