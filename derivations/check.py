"""Every displayed equation of a document, step by step: does this line follow from the one before?

`check_document(text)` is what `evidence check FILE.md` runs. A name that the question itself defines keeps that
meaning, whatever the document says of it: a definition that contradicts it is refuted. A name the question does
not know is defined by its first line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from sympy import Expr, Symbol, Tuple

from derivations.context import Context
from derivations.contexts import ContextError
from derivations.decide import decide
from derivations.definitions import expand_quantities
from derivations.document import Document, Kind, Part, parse_document
from derivations.goals.chains import Statement
from derivations.goals.goal import Finding, Goal, State
from derivations.goals.look import Work, look_for, with_text
from derivations.introduced import with_introduced
from derivations.language import Constant, MatrixQuantity, Quantity, Relation, Sign, Variable
from derivations.members import instances
from derivations.optimum import AT_A_POINT, OF_THE_OPTIMUM, is_condition, is_derivative, is_stationary, of_the_optimum
from derivations.reader import Chain, Display, ReadError, Side, read_display, read_side
from derivations.repair import GUARD, find_repair, sensible
from derivations.report import RECORDED, UNREAD, DocumentReport, Equation, Step, StepKind, step_of
from derivations.rerun import rerunnable
from derivations.scope import Contexts
from derivations.verdict import Status, Verdict, undecided

Decide = Callable[[Relation, Context], Verdict]
Goals = Mapping[str, Sequence[Goal]]
NO_GOALS: Final[Goals] = {}
BUDGET: Final = 300.0  # seconds for one document; what is left then is reported as not checked
REPAIRS: Final = 40  # refuted lines of one document for which a repair is sought


def check_document(
    text: str,
    question: str | None = None,
    context: Context | None = None,
    decide: Decide = decide,
    goals: Goals = NO_GOALS,
) -> DocumentReport:
    """The verdicts on a Markdown text.

    `question` keeps only that question's equations; `context` replaces the contexts of the catalogue and of the
    front matter. `goals` says what each question wants to see derived, and is asked for where it has equations.
    ReadError if the document as a whole cannot be read, ContextError if its front matter is wrong.
    """
    start = time.monotonic()
    document = parse_document(text)
    checker = _Checker(Contexts(document, context, decide), decide, start + BUDGET)
    equations: list[Equation] = []
    definitions: list[Equation] = []
    for part in document.parts:
        if part.kind is Kind.PROSE or (question is not None and part.question != question):
            continue
        (equations if part.kind is Kind.DISPLAY else definitions).append(checker.check(part))
    parts = tuple(p for p in document.parts if question is None or p.question == question)
    written = {equation.question for equation in (*equations, *definitions)}
    findings = tuple(f for n in goals if n in written for f in checker.look_for(n, goals[n], document))
    return DocumentReport(tuple(equations), tuple(definitions), time.monotonic() - start, parts, findings)


@dataclass
class _Condition:
    """An equation `left = 0` that asks for something, and that the next one may follow from."""

    left: Expr


class _Checker:
    """Goes through a document from top to bottom."""

    def __init__(self, contexts: Contexts, decide: Decide, deadline: float) -> None:
        self.contexts, self.decide, self.deadline = contexts, decide, deadline
        self.repairs = REPAIRS
        self.pending: tuple[Side, Any, Sign, str] | None = None
        self.before: tuple[str | None, Any, str] | None = None
        self.condition: _Condition | None = None
        self.derives = False  # whether a derivative of a named function stands in the chain
        self.stationary = 0  # displays in which what follows from a derivative set to zero may stand, this one too
        self.statements: dict[str | None, list[Statement]] = {}

    def look_for(self, question: str, goals: Sequence[Goal], document: Document) -> tuple[Finding, ...]:
        """What the steps under a question make of its goals; nothing where the names are not the question's own."""
        if not self.contexts.is_own(question):
            return ()
        decide = partial(sensible, self.decide)
        findings = look_for(goals, self._work(question), decide)
        running = list(document.running(question))
        if not running or all(finding.state is not State.NOT_FOUND for finding in findings):
            return findings
        for part in running:
            self.check(part)
        return with_text(findings, look_for(goals, self._work(question), decide))

    def _work(self, question: str) -> Work:
        """The steps read so far under a question."""
        steps = tuple(self.statements.get(question, ()))
        return Work(question, steps, self.contexts.initial(question), self.contexts[question])

    def check(self, part: Part) -> Equation:
        """One display, or one definition in the text."""
        if part.problem is not None:
            return self._unread(part, part.problem)
        try:
            display = read_display(part.text)
        except ReadError as error:
            return self._unread(part, str(error.moved(part.line - 1)))
        problems: list[str] = []
        self.stationary = max(self.stationary - 1, 0)
        steps = [step for chain in display.chains for step in self._chain(part, display, chain, problems)]
        return Equation(
            part.question,
            part.line,
            display.tag,
            part.text,
            problems[0] if problems else None,
            tuple(steps),
            part.kind is Kind.DISPLAY,
        )

    def _unread(self, part: Part, problem: str) -> Equation:
        self.pending = self.condition = self.before = None
        return Equation(part.question, part.line, None, part.text, problem, (), part.kind is Kind.DISPLAY)

    def _chain(self, part: Part, display: Display, chain: Chain, problems: list[str]) -> Iterator[Step]:
        """The steps of one chain; it goes on from the display before if that was left open or this begins with `=`."""
        self.contexts[part.question] = with_introduced(chain, self.contexts[part.question])
        terms = [self._read(part, side, problems) for side in chain.sides]
        written = [display.latex(side) for side in chain.sides]
        signs = list(chain.signs)
        if self.pending is not None and part.kind is Kind.DISPLAY:
            _, term, sign, latex = self.pending
            begins_empty = not chain.sides[0].pieces
            if begins_empty:
                terms, written = [term, *terms[1:]], [latex, *written[1:]]
            else:
                terms, written, signs = [term, *terms], [latex, *written], [sign, *signs]
            self.pending = None
        elif not chain.sides[0].pieces:
            terms[0], written[0] = self._going_on(part, problems)
        if chain.is_open:
            self.pending = (chain.sides[-2], terms[-2], signs[-1], written[-2])
            terms, written, signs = terms[:-1], written[:-1], signs[:-1]
        if part.kind is Kind.DISPLAY:
            self.before = (part.question, terms[-1], written[-1])
        self.derives = any(map(is_derivative, terms))
        for number, sign in enumerate(signs):
            left, right = terms[number], terms[number + 1]
            yield self._step(part, (written[number], sign, written[number + 1]), (left, right))

    def _going_on(self, part: Part, problems: list[str]) -> tuple[Any, str]:
        """The last side of the equation before, under the same question, for one that begins with its sign."""
        if self.before is None or self.before[0] != part.question:
            problems.append(f"line {part.line}: nothing stands before the first sign, and no equation to go on from")
            return None, ""
        return self.before[1:]

    def _read(self, part: Part, side: Side, problems: list[str]) -> Any:
        """The term of a side, or None, with the problem noted."""
        texts = [piece.text for piece in side.pieces]
        if len(texts) == 3 and texts[0] == "(" and texts[2] == ")" and texts[1].isdigit():
            return Quantity("".join(texts))
        if not side.pieces:
            return None
        try:
            return read_side(side.pieces, self.contexts[part.question])
        except ReadError as error:
            problems.append(str(error.moved(part.line - 1)))
            return None

    def _step(self, part: Part, written: tuple[str, Sign, str], terms: tuple[Any, Any]) -> Step:
        left, sign, right = written
        if terms[0] is None or terms[1] is None:
            return Step(left, sign.value, right, StepKind.UNREAD, UNREAD, "none", "a side could not be read")
        if time.monotonic() > self.deadline:
            return step_of(left, sign.value, right, StepKind.CLAIM, undecided("the time for this document is up"))
        relation, context = Relation(terms[0], sign, terms[1]), self.contexts[part.question]
        kind, verdict = self._judge(part, relation)
        found = RECORDED if verdict is None else verdict.status.value
        said = (Statement(part.question, part.line, case, found) for case, _ in instances(relation, context))
        self.statements.setdefault(part.question, []).extend(said)
        if verdict is None:
            return Step(left, sign.value, right, kind, RECORDED, kind.value, _RECORDED[kind])
        verdict = rerunnable(verdict, relation, context, part.question, f"{left} {sign.value} {right}")
        return step_of(left, sign.value, right, kind, verdict)

    def _judge(self, part: Part, relation: Relation) -> tuple[StepKind, Verdict | None]:
        """The kind of a relation and its verdict; None for what is only recorded."""
        context = self.contexts[part.question]
        if relation.sign is Sign.DISTRIBUTED:
            return StepKind.DEFINITION, None
        if part.kind is Kind.INLINE and isinstance(relation.left, Symbol) and relation.right.is_number:
            return StepKind.DEFINITION, None
        if isinstance(relation.left, Constant) and relation.sign in (Sign.EQUAL, Sign.DEFINED):
            return self._constant(relation, context)
        name = _defined(relation, context)
        if name is not None:
            body = relation.right if name == relation.left else relation.left
            self.contexts[part.question] = context.with_definition(name, body)
            return StepKind.DEFINITION, None
        if is_condition(relation):
            return self._conditional(relation, context)
        self.condition = None
        kind = StepKind.DEFINITION if relation.sign is Sign.DEFINED else StepKind.CLAIM
        claim = replace(relation, sign=Sign.EQUAL) if relation.sign is Sign.DEFINED else relation
        verdict = self._verdict(claim, context)
        if verdict.status is not Status.REFUTED:
            return kind, verdict
        if self.derives and is_stationary(relation):
            self.stationary = 2
            return StepKind.CONDITION, None
        return kind, undecided(AT_A_POINT) if self.stationary else verdict

    def _constant(self, relation: Relation, context: Context) -> tuple[StepKind, Verdict | None]:
        """What a constant stands for is recorded, for here only, unless it is none."""
        verdict = self._verdict(replace(relation, sign=Sign.EQUAL), context)
        return StepKind.DEFINITION, verdict if verdict.status is Status.REFUTED else None

    def _conditional(self, relation: Relation, context: Context) -> tuple[StepKind, Verdict | None]:
        """`... = 0`: recorded when it is imposed, a claim when one stands before it that it should follow from."""
        before, self.condition = self.condition, _Condition(relation.left)
        if before is None:
            return StepKind.CONDITION, None
        return StepKind.CLAIM, self._verdict(Relation(before.left, Sign.EQUAL, relation.left), context)

    def _verdict(self, relation: Relation, context: Context) -> Verdict:
        """Lists are compared member by member, the rest is decided by the engine."""
        try:
            left, right = (expand_quantities(side, context) for side in (relation.left, relation.right))
            if isinstance(left, Tuple) and isinstance(right, Tuple):
                return self._members(left, right, context)
            return self._every(instances(relation, context))
        except Exception as error:  # one claim that breaks the engine must not take the others with it
            return undecided(f"the engine stopped: {type(error).__name__}: {error}")

    def _every(self, cases: list[tuple[Relation, Context]]) -> Verdict:
        """A statement about each member of a family is what its worst case is."""
        order = (Status.REFUTED, Status.UNDECIDED, Status.SUPPORTED, Status.PROVED)
        verdicts = [self.decide(*case) for case in cases]
        worst = min(range(len(cases)), key=lambda n: order.index(verdicts[n].status))
        return self._repaired(*cases[worst], verdicts[worst])

    def _repaired(self, relation: Relation, context: Context, verdict: Verdict) -> Verdict:
        """A refuted claim with the small edit that makes it hold, if one is found."""
        if verdict.status is not Status.REFUTED:
            return verdict
        optimal = of_the_optimum(relation, context)
        if optimal is not None and all(self.decide(*case).holds for case in instances(optimal, context)):
            return undecided(OF_THE_OPTIMUM)
        if self.repairs == 0:
            return verdict
        self.repairs -= 1
        deadline = min(self.deadline, time.monotonic() + GUARD)
        return verdict.with_repair(find_repair(relation, context, self.decide, deadline=deadline))

    def _members(self, left: Tuple, right: Tuple, context: Context) -> Verdict:
        if len(left) != len(right):
            return undecided(f"lists of {len(left)} and {len(right)} members")
        verdicts = [self._verdict(Relation(a, Sign.EQUAL, b), context) for a, b in zip(left, right, strict=True)]
        return next((v for v in verdicts if not v.holds), verdicts[0])


_RECORDED: Final = {
    StepKind.DEFINITION: "introduces a name; the question says nothing that contradicts it",
    StepKind.CONDITION: "asks for something (a derivative to vanish), so there is nothing to refute",
}


def _defined(relation: Relation, context: Context) -> Expr | None:
    """The side that this relation introduces as a new name, if any."""
    if relation.sign not in (Sign.EQUAL, Sign.DEFINED):
        return None
    sides = (relation.left, relation.right) if relation.sign is Sign.DEFINED else (relation.left,)
    return next((side for side in sides if _is_new(side, context)), None)


def _is_new(term: Any, context: Context) -> bool:
    """A quantity, a symbol or a matrix that neither the question nor an earlier line gives a meaning."""
    if isinstance(term, Quantity | MatrixQuantity):
        return expand_quantities(term, context) == term
    known = {d.left for d in context.definitions}
    return isinstance(term, Symbol | Variable) and term not in known and _is_undefined_letter(term, context)


def _is_undefined_letter(term: Symbol | Variable, context: Context) -> bool:
    declared = context.variables | context.positive | context.negative | context.integers
    return term.name not in declared


__all__ = ["ContextError", "ReadError", "check_document"]
