"""A derivation: lines that follow one from the other, each with its reason, under a context that says what is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Expr

from derivations.context import Context
from derivations.language import Relation, Sign, latex
from derivations.verdict import Verdict


@dataclass(frozen=True)
class Line:
    """`sign term`, which continues a chain, because of `reason`."""

    sign: Sign
    term: Expr
    reason: str


def equals(term: Expr, reason: str) -> Line:
    """The next line is equal to the one before."""
    return Line(Sign.EQUAL, term, reason)


def at_most(term: Expr, reason: str) -> Line:
    """The line before is at most this one."""
    return Line(Sign.AT_MOST, term, reason)


def at_least(term: Expr, reason: str) -> Line:
    """The line before is at least this one."""
    return Line(Sign.AT_LEAST, term, reason)


def up_to_constant(term: Expr, reason: str) -> Line:
    """The line before differs from this one by a constant in what the context lets vary."""
    return Line(Sign.EQUAL_UP_TO_CONSTANT, term, reason)


@dataclass(frozen=True)
class Derivation:
    """A chain `start, lines...` that belongs to `questions`; it ends in its `identity`."""

    title: str
    questions: tuple[str, ...]
    context: Context
    start: Expr
    lines: tuple[Line, ...]

    @property
    def steps(self) -> Iterator[tuple[Relation, str]]:
        """Each line against the one before it, with its reason."""
        before = self.start
        for line in self.lines:
            yield Relation(before, line.sign, line.term), line.reason
            before = line.term

    @property
    def identity(self) -> Relation:
        """What the whole chain shows: its first term against its last."""
        weaker = [line.sign for line in self.lines if line.sign is not Sign.EQUAL]
        return Relation(self.start, weaker[0] if weaker else Sign.EQUAL, self.lines[-1].term)

    def verify(self) -> tuple[Verdict, ...]:
        """The verdict on each step."""
        from derivations.decide import decide

        return tuple(decide(relation, self.context) for relation, _ in self.steps)

    def _repr_latex_(self) -> str:
        rows = [rf"{latex(self.start)} &"]
        rows += [rf"&{line.sign.value} {latex(line.term)} && \text{{{line.reason}}}" for line in self.lines]
        return "$$\\begin{aligned}" + r" \\ ".join(rows) + "\\end{aligned}$$"


def derive(title: str, questions: str, context: Context, start: Expr, *lines: Line) -> Derivation:
    """A derivation for the questions named in `questions`, separated by spaces."""
    return Derivation(title, tuple(questions.split()), context, start, lines)
