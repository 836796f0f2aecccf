r"""The notation of a goal: the same densities by the names that the goal has for them.

What is said of $p_\theta$ is said of $p$, and what is said of any density $q(Z \mid X)$ of $Z$ also of $q(Z)$: for each
value of the data $X$ it is one. So a parameter that the goal does not mention is left out, and where the goal has one
density of a letter that nothing is assumed of, another one of the same variables is that one.
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr

from derivations.context import Context
from derivations.language import Density, Gradient


class Notation:
    """The densities that a goal mentions, and the letters among them that stand for any density."""

    def __init__(self, goal: Expr, context: Context) -> None:
        found = goal.atoms(Density)
        letters = {density.name for density in found}
        alone = {name: [d for d in found if d.name == name] for name in letters if not context.factors(name)}
        self.latent = set(context.latent)
        self.parameters = {parameter for density in found for parameter in density.parameters}
        self.any = {name: densities[0] for name, densities in alone.items() if len(densities) == 1}

    def __call__(self, term: Expr) -> Any:
        """A step's term with the goal's names."""
        term = self._with_its_parameter(term)
        moving = {symbol for gradient in term.atoms(Gradient) for symbol in gradient.wrt.free_symbols}
        kept = self.parameters | moving
        term = term.xreplace({d: _with_parameters(d, kept) for d in term.atoms(Density)})
        return term.xreplace({d: g for name, g in self.any.items() for d in self._others(term, g)})

    def _with_its_parameter(self, term: Expr) -> Expr:
        r"""What is said of $q_\lambda$ and its gradient in $\lambda$ is said of $q_\phi$, if each has one parameter."""
        found = {parameter for density in term.atoms(Density) for parameter in density.parameters}
        if len(found) != 1 or len(self.parameters) != 1:
            return term
        (own,), (goal,) = found, self.parameters
        return term.xreplace({own: goal})

    def _others(self, term: Basic, density: Density) -> set[Density]:
        """The density that stands in a term where the goal has this one, if there is one such and no other."""
        others = {d for d in term.atoms(Density) if d.name == density.name and d != density}
        same = {d for d in others if d.of == density.of and d.parameters == density.parameters}
        data = all(not (set(d.given) ^ set(density.given)) & self.latent for d in same)
        return others if len(others) == 1 and others == same and data else set()


def _with_parameters(density: Density, kept: set[Basic]) -> Density:
    return Density(density.name, density.of, density.given, [p for p in density.parameters if p in kept])
