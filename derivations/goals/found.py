r"""Whether a step finds what was asked for: the quantity on one side, another form of it on the other.

A form is closed if nothing is left to work out in it. It belongs to the quantity if the steps connect it with the
quantity, or if the engine decides that it is equal to it: $\frac{\partial}{\partial a_N} \log q(\tau)$ has the closed
form of $\frac{\partial}{\partial a_N} \log q(\mu, \tau)$. A column is found in one piece or entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from sympy import Basic, Expr, Tuple, simplify
from sympy.matrices.matrixbase import MatrixBase

from derivations.closed_form.lower import Formula, NotExplicit
from derivations.closed_form.moments import NoMoment
from derivations.constants import is_loose
from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.goals.chains import Chains, Statement
from derivations.goals.goal import Goal
from derivations.language import (
    KL,
    Array,
    Constant,
    Density,
    Entropy,
    Expectation,
    Family,
    Gradient,
    IndexedProduct,
    Marginal,
    MatrixQuantity,
    Quantity,
    Relation,
    Sign,
    StopGradient,
    Transposed,
    contains,
)
from derivations.reader import read_expression
from derivations.verdict import Verdict

Decide = Callable[[Relation, Context], Verdict]
UNWRITTEN = (Density, Family, KL, Entropy, Marginal, IndexedProduct, Quantity)
OPEN = (*UNWRITTEN, Expectation, Gradient, StopGradient)


class Found:
    """The quantity of a goal, and what counts as a form of it.

    `question` is the context before the document, `context` with the document's own definitions.
    """

    def __init__(self, goal: Goal, question: Context, context: Context, decide: Decide) -> None:
        self.goal, self.context, self.decide = goal, context, decide
        own = tuple(d for d in context.definitions if d not in question.definitions)
        self.own = replace(context, definitions=own)
        self.quantity = read_expression(goal.find, question)
        self.through = [read_expression(text, question) for text in goal.through]

    def line(self, statements: Iterable[Statement], connected_only: bool = False) -> int | None:
        """The line of the last of the steps that find it, or None.

        With `connected_only`, only sides that the steps themselves connect with the quantity count.
        """
        equations = (s for s in statements if s.relation.sign in (Sign.EQUAL, Sign.DEFINED))
        statements = [s for s in equations if not is_loose(s.relation, self.context)]
        chains = Chains(statements, self.context)
        forms = self._forms(statements)
        whole = self._line(self.quantity, forms, chains, connected_only)
        if whole is not None or not forms:
            return whole
        lines = [self._line(term, forms, chains, connected_only) for term in self._entries()]
        return None if None in lines else max((line for line in lines if line is not None), default=None)

    def _entries(self) -> list[Expr]:
        """The entries of a column or a matrix that is asked for in closed form; none otherwise."""
        if self.through or self.goal.about:
            return []
        if isinstance(self.quantity, Gradient) and isinstance(self.quantity.wrt, Tuple):
            return [self.quantity.func(self.quantity.body, one) for one in self.quantity.wrt]
        if not isinstance(self.quantity, MatrixQuantity):
            return []
        formula = self._explicit(self.quantity)
        return list(dict.fromkeys(formula)) if isinstance(formula, MatrixBase) else []

    def _forms(self, statements: list[Statement]) -> dict[Expr, int]:
        """The sides that are forms, and those that become one when what the other steps give is put in."""
        forms = {side: s.line for s in statements for side in sides(s) if self.is_form(side)}
        pairs = [pair for s in statements for pair in (sides(s), sides(s)[::-1])]
        given = {term: form for term, form in pairs if form in forms and term not in forms}
        written = {term.xreplace(given): s.line for s in statements for term in sides(s) if term not in given}
        return forms | {term: line for term, line in written.items() if term not in forms and self.is_form(term)}

    def _line(self, term: Expr, forms: dict[Expr, int], chains: Chains, connected_only: bool) -> int | None:
        for form, line in forms.items():
            if chains.connected(term, form):
                return line
        for form, line in forms.items() if not connected_only else ():
            if self.decide(Relation(term, Sign.EQUAL, form), self.context).holds:
                return line
        return None

    def is_form(self, side: Expr) -> bool:
        """Whether a side is written as the goal asks."""
        written = expand_quantities(side, self.own)
        if contains(written, Constant):
            return False
        if self.goal.about:
            densities = integrands(expand_quantities(side, self.context))
            if not densities or not all(self._concerns(density) for density in densities):
                return False
        if self.through or self.goal.about:
            return all(self._stands_in(written, term) for term in self.through)
        return not contains(written, *OPEN, Transposed)

    def _stands_in(self, written: Basic, term: Expr) -> bool:
        """Whether a term stands there, or for a matrix another name of it, its transpose or its inverse in entries."""
        if written.has(term) or not isinstance(term, MatrixQuantity):
            return bool(written.has(term))
        meaning = expand_quantities(term, self.context)
        if any(expand_quantities(name, self.context) == meaning for name in written.atoms(MatrixQuantity)):
            return True
        explicit = self._explicit(term)
        same = [explicit, explicit.T, *_inverses(explicit)] if isinstance(explicit, MatrixBase) else []
        return any(simplify(array.matrix - one).is_zero_matrix for array in _arrays(written, same) for one in same)

    def _explicit(self, term: Expr) -> Any:
        """The formula of a term, or None where it has none."""
        try:
            return Formula(self.context)(term)
        except (NotExplicit, NoMoment):
            return None

    def _concerns(self, density: Density) -> bool:
        """Whether the variable stands in a density, and nothing that is not its neighbour in the model."""
        factors = [
            f for joint in self.context.factorizations for factor in joint.factors for f in factor.atoms(Density)
        ]
        near = {name for factor in factors if self.goal.about in (names := names_in(factor)) for name in names}
        return self.goal.about in names_in(density) and names_in(density) <= near

    def is_close_to(self, statement: Statement) -> bool:
        """Whether a step gives something with the quantity's letters a form, or one with a derivative or a mean left.

        A human may see the goal in it.
        """
        left, right = sides(statement)
        return any(
            (self.is_form(form) or self._is_unfinished(form))
            and not self.is_form(other)
            and alike(self.quantity, other)
            for form, other in ((left, right), (right, left))
        )

    def _is_unfinished(self, side: Expr) -> bool:
        """Whether nothing is left to work out of a closed form but derivatives and means of what is written out."""
        written = expand_quantities(side, self.own)
        return not (self.through or self.goal.about or contains(written, *UNWRITTEN, Constant))


def sides(statement: Statement) -> tuple[Expr, Expr]:
    """Both sides of a step."""
    return statement.relation.left, statement.relation.right


def _inverses(matrix: MatrixBase) -> list[MatrixBase]:
    """The inverse and its transpose, of a matrix that has one."""
    return [matrix.inv(), matrix.inv().T] if matrix.is_square and simplify(matrix.det()) != 0 else []


def _arrays(term: Basic, like: list[MatrixBase]) -> list[Array]:
    """The explicit matrices in a term of the shape of these."""
    return [array for array in term.atoms(Array) if array.matrix.shape in {matrix.shape for matrix in like}]


def integrands(term: Basic) -> set[Density]:
    """The densities of a term, those that an expectation is over aside."""
    if isinstance(term, Density):
        return {term}
    parts = (term.body,) if isinstance(term, Expectation) else term.args
    return {density for part in parts for density in integrands(part)}


def names_in(density: Density) -> set[str]:
    """The letters of a density's variables."""
    return {variable.name for variable in density.variables}


def alike(one: Basic, other: Basic) -> bool:
    """Whether two terms share the name of a density or a quantity, and both are derivatives or neither is."""
    return bool(letters(one) & letters(other)) and contains(one, Gradient) is contains(other, Gradient)


def letters(term: Basic) -> set[str]:
    """The names of the densities and quantities in a term."""
    return {node.name for node in term.atoms(Density) | term.atoms(Quantity)}
