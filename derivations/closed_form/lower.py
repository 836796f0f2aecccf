r"""From the language of derivations to plain formulas: what stands in a statement is written out.

A named family becomes its density, a definition of the context its right side, $\sum_n$ a sympy `Sum` over the data,
$\nabla$ a (column of) derivatives, $\mathbb{E}$ over a Normal or a Gamma its exact moments, arrays one matrix.
What has no formula, such as an arbitrary density $p(X, Z)$, raises `NotExplicit`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatchmethod

import sympy
from sympy import Basic, Expr, IndexedBase, Matrix, Product, Sum, Symbol, Tuple
from sympy.matrices.matrixbase import MatrixBase

from derivations import language as lang
from derivations.closed_form.moments import moment
from derivations.context import Context, Definition
from derivations.definitions import expand_quantities

MAX_DEPTH = 20


class NotExplicit(ValueError):
    """The statement contains something that has no explicit formula; the message names it."""


class Formula:
    """Writes terms out under one context."""

    def __init__(self, context: Context, depth: int = 0) -> None:
        self.context = context
        self.depth = depth

    def __call__(self, term: Basic) -> Expr | MatrixBase:
        definition = self._definition(term)
        if definition is None:
            return self.write(term)
        if self.depth > MAX_DEPTH:
            raise NotExplicit(f"the definition of {term} goes round in a circle")
        return Formula(self.context, self.depth + 1)(definition)

    @singledispatchmethod
    def write(self, term: Basic) -> Expr | MatrixBase:
        """The formula of one kind of term; sums, products and functions are written part by part."""
        if not term.args:
            return term
        parts = [self(part) for part in term.args]
        if any(isinstance(part, MatrixBase) for part in parts):
            return self._matrix(term, parts)
        return term.func(*parts)

    def _matrix(self, term: Basic, parts: list) -> Expr | MatrixBase:
        if isinstance(term, sympy.Add) and all(isinstance(part, MatrixBase) for part in parts):
            return sum(parts[1:], parts[0])
        if isinstance(term, sympy.Mul):
            return _product(parts)
        if isinstance(term, sympy.Pow) and parts[1].is_Integer and parts[0].is_square:
            return parts[0] ** parts[1]
        raise NotExplicit(f"{term} mixes matrices and numbers")

    @write.register
    def _(self, term: Symbol) -> Expr:
        return term

    @write.register
    def _(self, term: lang.Variable) -> Expr:
        if term.index is None:
            return self.context.symbol(term.name)
        return IndexedBase(self.context.symbol(term.name))[self(term.index)]

    @write.register
    def _(self, term: lang.Quantity) -> Expr:
        if term.arguments or isinstance(term, lang.MatrixQuantity):
            raise NotExplicit(f"{sympy.latex(term)} is not defined by a formula")
        symbol = self.context.symbol(term.name)
        return symbol if term.index is None else IndexedBase(symbol)[self(term.index)]

    @write.register
    def _(self, term: lang.Family) -> Expr:
        return sympy.exp(self(term.log_density))

    @write.register
    def _(self, term: lang.Array) -> MatrixBase:
        return Matrix(term.matrix.applyfunc(self))

    @write.register
    def _(self, term: lang.Transposed) -> Expr | MatrixBase:
        body = self(term.body)
        return body.T if isinstance(body, MatrixBase) else body

    @write.register
    def _(self, term: lang.IndexedSum) -> Expr | MatrixBase:
        body, limits = self(term.body), self._limits(term)
        return body.applyfunc(lambda e: Sum(e, limits)) if isinstance(body, MatrixBase) else Sum(body, limits)

    @write.register
    def _(self, term: lang.IndexedProduct) -> Expr:
        return Product(self(term.body), self._limits(term))

    def _limits(self, term: lang.IndexedSum | lang.IndexedProduct) -> tuple[Expr, Expr, Expr]:
        return term.index, self(term.lower), self(term.upper)

    @write.register
    def _(self, term: lang.Gradient) -> Expr | MatrixBase:
        coordinates = self._definition(term.wrt)
        wrt = coordinates if isinstance(coordinates, Tuple) else term.wrt
        if isinstance(wrt, Tuple):
            return Matrix([self._derivative(term.body, part) for part in wrt])
        return self._derivative(term.body, wrt)

    def _derivative(self, body: Expr, wrt: Basic) -> Expr | MatrixBase:
        """A coordinate such as λ_N = 1/σ² stays a letter until the derivative in it is taken."""
        if not isinstance(wrt, Symbol) or self._definition(wrt) is None:
            return sympy.diff(self(body), self(wrt))
        others = tuple(d for d in self.context.definitions if d.left != wrt)
        slope = sympy.diff(Formula(replace(self.context, definitions=others), self.depth)(body), wrt)
        return slope.xreplace({wrt: self(wrt)})

    @write.register
    def _(self, term: lang.TotalGradient) -> Expr:
        return self(lang.Gradient(term.body.xreplace(dict(self.context.paths)), term.wrt))

    @write.register
    def _(self, term: lang.Expectation) -> Expr | MatrixBase:
        value, measures = self(term.body), self.context.measure(term.measure)
        if not measures:
            raise NotExplicit(self.context.unknown(term.measure))
        for measure in measures:
            for family in self._families(measure):
                value = self._mean(value, family)
        return value

    def _mean(self, value: Expr | MatrixBase, family: lang.Family) -> Expr | MatrixBase:
        point, *parameters = (self(part) for part in family.args)
        written = family.func(point, *parameters)
        if isinstance(value, MatrixBase):
            return value.applyfunc(lambda entry: moment(entry, written))
        return moment(value, written)

    def _families(self, measure: Basic | None) -> list[lang.Family]:
        """The named families whose product a measure stands for."""
        for _ in range(MAX_DEPTH):
            if isinstance(measure, lang.Family):
                return [measure]
            if isinstance(measure, sympy.Mul):
                return [family for factor in measure.args for family in self._families(factor)]
            measure = None if measure is None else self._definition(measure)
        raise NotExplicit("the expectation is not over named families")

    @write.register
    def _(self, term: lang.KL) -> Expr:
        return self(lang.E[term.q](sympy.log(term.q) - sympy.log(term.p)))

    @write.register
    def _(self, term: lang.Entropy) -> Expr:
        return self(lang.E[term.q](-sympy.log(term.q)))

    @write.register(lang.Density)
    @write.register(lang.Marginal)
    @write.register(lang.StopGradient)
    @write.register(lang.Constant)
    @write.register(lang.VariableRange)
    def _(self, term: Basic) -> Expr:
        raise NotExplicit(f"{sympy.latex(term)} has no explicit formula")

    def _definition(self, term: Basic) -> Basic | None:
        """The right side of the definition whose left side is `term`, a free index replaced."""
        if not isinstance(term, lang.Quantity | lang.Density | lang.Variable | Symbol):
            return None
        expanded = expand_quantities(term, self.context)
        if expanded != term:
            return expanded
        return next((found for d in self.context.definitions if (found := matched(d, term)) is not None), None)


def matched(definition: Definition, term: Basic) -> Basic | None:
    """The definition's right side for `term`, if its left side is `term` with an index free to vary."""
    left = definition.left
    if left == term:
        return definition.right
    indices = [node.index for node in left.atoms(lang.Variable, lang.Quantity) if isinstance(node.index, Symbol)]
    for index in indices:
        wild = sympy.Wild(index.name)
        found = term.match(left.xreplace({index: wild})) if type(left) is type(term) else None
        if found:
            return definition.right.xreplace({index: found[wild]})
    return None


def _product(parts: list) -> Expr | MatrixBase:
    """A product in which numbers may stand anywhere and matrices keep their order; a row times a column is a number."""
    scalars = [part for part in parts if not isinstance(part, MatrixBase)]
    matrices = [part for part in parts if isinstance(part, MatrixBase)]
    total = matrices[0]
    for matrix in matrices[1:]:
        total = total * matrix
    return sympy.Mul(total[0], *scalars) if total.shape == (1, 1) else total * sympy.Mul(*scalars)
