"""Which goals of a question the steps of a document reach.

A goal is reached only by steps that hold. Where they do not reach it but would if a refuted or an undecided step held,
that is said; where a step comes close in a form that is not recognised, a human has to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from derivations.context import Context
from derivations.contexts import ContextError
from derivations.goals.chains import Chains, Link, Statement
from derivations.goals.found import Decide, Found
from derivations.goals.goal import Finding, Goal, State
from derivations.goals.shown import Shown
from derivations.language import Density, Expectation, Quantity, contains
from derivations.reader import ReadError, read_relation
from derivations.verdict import Status

NOT_FOUND = "no step gives it"
RESTATED = "it is stated, but no step leads to it"
MAX_STEPS = 50  # each is compared with each
OWN_NAME = "it is given a name that the question does not know, and no step says of what"
LONG = f"more than {MAX_STEPS} steps stand under the question"
CLOSE = "a step comes close, but not in a form that is recognised"
APPROACHED = "the steps hold and are about all of it, but it is not recognised in them"
STATE = {Status.REFUTED: State.REFUTED, Status.UNDECIDED: State.UNDECIDED}


@dataclass(frozen=True)
class Work:
    """The steps of one question, with its context before and after the document's own definitions."""

    question: str
    statements: tuple[Statement, ...]
    given: Context
    context: Context


def look_for(goals: Iterable[Goal], work: Work, decide: Decide) -> tuple[Finding, ...]:
    """What the work makes of each goal.  Raises ContextError for one that cannot be read in the question's context."""
    if len(work.statements) > MAX_STEPS:
        return tuple(Finding(work.question, goal, State.UNDECIDED, LONG) for goal in goals)
    try:
        findings = [_shown(goal, work) if goal.show else _found(goal, work, decide) for goal in goals]
    except ReadError as error:
        raise ContextError(f"question {work.question}: a goal cannot be read: {error}") from None
    used = {finding.line for finding in findings}
    return tuple(_left_over(finding, work, used, decide) for finding in findings)


def with_text(displayed: Iterable[Finding], written: Iterable[Finding]) -> tuple[Finding, ...]:
    """What displays make of the goals, and where they do not, what they make of them together with the running text."""
    pairs = zip(displayed, written, strict=True)
    return tuple(_in_text(one, other) if one.state is State.NOT_FOUND else one for one, other in pairs)


def _in_text(displayed: Finding, written: Finding) -> Finding:
    if written.state is State.NOT_FOUND:
        return displayed
    return replace(written, state=State.UNDECIDED, words="only with formulas of the running text, which are no steps")


def _shown(goal: Goal, work: Work) -> Finding:
    """Of a statement to be shown."""
    shown = Shown(read_relation(goal.show, work.given), work.context)
    holding = [s for s in work.statements if s.holds]
    chains = Chains(holding, work.context)
    for link in chains.links():
        if shown.is_said_by(link):
            return _stated(goal, work, link, shown, holding)
    for trusted, wrong in _trusting(work):
        if _says(shown, trusted, work):
            return _through(goal, work, wrong)
    if shown.is_approached_by(s.relation for s in holding):
        return Finding(work.question, goal, State.UNDECIDED, APPROACHED)
    return Finding(work.question, goal, State.NOT_FOUND, NOT_FOUND)


def _says(shown: Shown, statements: list[Statement], work: Work) -> bool:
    """Whether steps connect two sides as the goal does."""
    return any(shown.is_said_by(link) for link in Chains(statements, work.context).links())


def _stated(goal: Goal, work: Work, link: Link, shown: Shown, holding: list[Statement]) -> Finding:
    """A statement that is there: reached if other steps lead to it, to be read if they only might."""
    chains = Chains(holding, work.context)
    telling = [s for s in holding if _tells(s, chains)]
    repeated = {id(s) for s in telling if _says(shown, [s], work) and shown.is_restated_by(s.relation)}
    others = [s for s in telling if id(s) not in repeated]
    if len(telling) > 1 and (_says(shown, others, work) or shown.is_led_to_by(s.relation for s in others)):
        return Finding(work.question, goal, State.REACHED, f"line {link.line}", link.line)
    read = others or any(not s.holds for s in work.statements)  # conditions and names that lead to it, perhaps
    return Finding(work.question, goal, State.UNDECIDED if read else State.NOT_FOUND, RESTATED, link.line)


def _tells(statement: Statement, chains: Chains) -> bool:
    """Whether a step is about densities, or the mean of a name, and more than one side twice."""
    sides = (statement.relation.left, statement.relation.right)
    about = any(contains(side, Density, Expectation, Quantity) for side in sides)
    return about and len(set(map(chains.key, sides))) == 2


def _found(goal: Goal, work: Work, decide: Decide) -> Finding:
    """Of a quantity to be found."""
    found = Found(goal, work.given, work.context, decide)
    line = found.line(s for s in work.statements if s.holds)
    if line is not None:
        return Finding(work.question, goal, State.REACHED, f"line {line}", line)
    for trusted, wrong in _trusting(work):
        if found.line(trusted, connected_only=True) is not None:
            return _through(goal, work, wrong)
    named = found.line(s for s in work.statements if s.holds or s.is_recorded)
    if named is not None:
        return Finding(work.question, goal, State.UNDECIDED, OWN_NAME, named)
    return Finding(work.question, goal, State.NOT_FOUND, NOT_FOUND)


def _trusting(work: Work) -> Iterator[tuple[list[Statement], Statement]]:
    """The steps that hold together with those that are undecided, then refuted; and the first of these."""
    for verdict in (Status.UNDECIDED.value, Status.REFUTED.value):
        trusted = [s for s in work.statements if s.holds or s.verdict == verdict]
        others = [s for s in trusted if not s.holds]
        if others:
            yield trusted, others[0]


def _through(goal: Goal, work: Work, step: Statement) -> Finding:
    words = f"only by way of a step that is {step.verdict}, line {step.line}"
    return Finding(work.question, goal, STATE[Status(step.verdict)], words, step.line)


def _left_over(finding: Finding, work: Work, used: set[int | None], decide: Decide) -> Finding:
    """A quantity that was not found, where some step that no goal needed gives a form of something like it."""
    if finding.state is not State.NOT_FOUND or not finding.goal.find:
        return finding
    found = Found(finding.goal, work.given, work.context, decide)
    spare = [s for s in work.statements if s.holds and s.line not in used]
    if any(found.is_close_to(s) for s in spare):
        return Finding(finding.question, finding.goal, State.UNDECIDED, CLOSE)
    return finding
