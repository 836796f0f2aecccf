r"""Derivations and claims as a reader sees them in a notebook: typeset, each line with its verdict and its reason.

>>> show(elbo.DECOMPOSITION)
>>> check(r"\log p(X) = \mathbb{E}_{q(Z)}[\log p(X, Z)]", "1.1.1")
"""

from __future__ import annotations

from dataclasses import dataclass

from derivations.contexts import context_of
from derivations.decide import decide
from derivations.language import Relation, latex
from derivations.reader import read_relation
from derivations.rerun import rerunnable
from derivations.topics.derivation import Derivation
from derivations.verdict import Status, Verdict

MARKS = {Status.PROVED: "✓", Status.SUPPORTED: "≈", Status.REFUTED: "✗", Status.UNDECIDED: "?"}


@dataclass(frozen=True)
class Shown:
    """A derivation with the verdict on each of its steps."""

    derivation: Derivation
    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        """Whether every step is proved or supported."""
        return all(verdict.holds for verdict in self.verdicts)

    def _repr_markdown_(self) -> str:
        rows = [f"**{self.derivation.title}**", f"$\\displaystyle {latex(self.derivation.start)}$"]
        for line, verdict in zip(self.derivation.lines, self.verdicts, strict=True):
            rows.append(f"$\\displaystyle {line.sign.value} {latex(line.term)}$")
            rows.append(f"> {MARKS[verdict.status]} {verdict.status.value}: {line.reason} *({verdict.rule})*")
        return "\n\n".join(rows)

    def __str__(self) -> str:
        reasons = zip(self.verdicts, self.derivation.lines, strict=True)
        return "\n".join([self.derivation.title, *(f"  {v.status.value}: {line.reason}" for v, line in reasons)])


@dataclass(frozen=True)
class Checked:
    """One claim with its verdict."""

    relation: Relation
    verdict: Verdict

    @property
    def holds(self) -> bool:
        """Whether it is proved or supported."""
        return self.verdict.holds

    def _repr_markdown_(self) -> str:
        verdict = self.verdict
        rows = [f"$\\displaystyle {self.relation.latex}$", f"> {MARKS[verdict.status]} **{verdict.status.value}**"]
        rows[-1] += f" by {verdict.rule}"
        if verdict.counterexample is not None:
            c = verdict.counterexample
            rows.append(f"> {c.where}: left {c.left}, right {c.right}")
            rows.append(f"```python\n{c.rerun}\n```")
        return "\n\n".join(rows)

    def __str__(self) -> str:
        return f"{self.relation}: {self.verdict}"


def show(derivation: Derivation) -> Shown:
    """The derivation, verified now."""
    return Shown(derivation, derivation.verify())


def check(claim: str, question: str) -> Checked:
    """A claim in LaTeX under the context of a question, decided now."""
    context = context_of(question)
    relation = read_relation(claim, context)
    return Checked(relation, rerunnable(decide(relation, context), relation, context, question, claim))
