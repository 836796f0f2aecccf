r"""A goal of a question: a statement to be shown, or a quantity to be found.

A page says it in LaTeX, with names that the question's context knows:

    [[goals]]
    says = "log p(X) as the sum of the ELBO and the KL divergence"
    show = '\log p(X) = \mathcal{L}(q) + KL(q(Z) \| p(Z|X))'

    [[goals]]
    says = "the Fisher matrix in closed form"
    name = "fisher_information"
    find = 'F(\theta)'

What is to be found is named by its definition alone, so a goal gives no answer away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, kw_only=True)
class Goal:
    """`show`, a relation, is reached by a chain of steps; `find`, a term, by a step that gives it another form.

    That form has nothing left to work out (integrals, expectations, derivatives, densities, names), unless `through`
    lists terms that it is to be written in. With `about`, a variable, it has no density without that variable.
    """

    says: str
    """In words, for students."""
    show: str = ""
    find: str = ""
    through: list[str] = field(default_factory=list)
    about: str = ""
    name: str = ""
    """A closed form's name in code."""

    def __post_init__(self) -> None:
        """Raises ValueError where it is not one of both."""
        if bool(self.show) == bool(self.find):
            raise ValueError(f"the goal {self.says!r} needs either show or find")


class State(StrEnum):
    """What can be said of a goal."""

    REACHED = "reached"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    NOT_FOUND = "not found"


@dataclass(frozen=True)
class Finding:
    """A question's goal, what was found of it, and where: the line of the step that reaches it, or None."""

    question: str
    goal: Goal
    state: State
    words: str
    line: int | None = None
