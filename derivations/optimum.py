r"""What is said of an optimum without saying so: a stationary point, and the density that maximises.

In `\frac{\partial \mathcal{L}}{\partial \beta} = 0 \Rightarrow \beta = ...` nothing is claimed of every $\beta$, and
`\log q_1(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)] + C` is meant of $q_1^*$. Neither is refuted, and neither is proved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import Expr, log

from derivations.context import Context
from derivations.language import Constant, Density, Gradient, Quantity, Relation, Sign, contains

OF_THE_OPTIMUM = "it does not hold for every density, but for the one that maximises: write $q^*$"
AT_A_POINT = "it is said of the point where a derivative is zero, and a human has to look"


def is_condition(relation: Relation) -> bool:
    """An equation with zero that a multiplier takes part in."""
    return relation.sign is Sign.EQUAL and relation.right == 0 and contains(relation.left, Constant)


def is_derivative(side: Any) -> bool:
    """Whether a side is a derivative of a named function."""
    return isinstance(side, Gradient) and isinstance(side.body, Quantity)


def is_stationary(relation: Relation) -> bool:
    """Whether something is set to zero that is not zero as it stands."""
    return relation.sign is Sign.EQUAL and relation.right == 0 and relation.left != 0


def of_the_optimum(relation: Relation, context: Context) -> Relation | None:
    """The same of the optimal density, where a side is a density that the context knows an optimum of."""
    optima = {d.left.name.removesuffix("^*"): d.left for d in context.definitions if isinstance(d.left, Density)}
    left, right = (_optimal(side, optima) for side in (relation.left, relation.right))
    return replace(relation, left=left, right=right) if (left, right) != (relation.left, relation.right) else None


def _optimal(side: Expr, optima: dict[str, Density]) -> Expr:
    inside = side.args[0] if isinstance(side, log) else side
    best = optima.get(inside.name) if isinstance(inside, Density) else None
    if best is None or best.name == inside.name or best.of != inside.of:
        return side
    return log(best) if isinstance(side, log) else best
