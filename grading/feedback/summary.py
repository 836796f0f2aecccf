"""The last lines of a run: how many public checks passed, what waits for what, and what remains for a human."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from grading.assignment import Kind, Question
from grading.verdict.judge import Judge
from grading.verdict.outcome import Outcome, State

WIDTH = 78


def summary(judge: Judge, chosen: Iterable[Question]) -> Iterator[str]:
    """A line for each chosen question that was run or has nothing to run, and the sum."""
    ended = [(each, of(each, judge)) for each in chosen if of(each, judge) or only_prose(each)]
    for question, outcomes in ended:
        said = ([passed(outcomes)] if outcomes else []) + notes(question, outcomes)
        yield textwrap.fill(f"{question.number:<8}{'; '.join(said)}", WIDTH, subsequent_indent=" " * 8)
    remain = [question.number for question, outcomes in ended if human(question, outcomes)]
    rest = f"A human still reads {', '.join(remain)}." if remain else "Nothing here is left for a human."
    yield ""
    yield textwrap.fill(f"{passed([each for _, outcomes in ended for each in outcomes])}. {rest}", WIDTH)


def only_prose(question: Question) -> bool:
    """Has this question nothing to run?"""
    return all(check.kind is Kind.PROSE for check in question.checks)


def of(question: Question, judge: Judge) -> list[Outcome]:
    """The outcomes of a question's checks that ended; a test that lays evidence beside an answer passes nothing."""
    tests = [question.identifier(check) for check in question.checks if check.kind is not Kind.PROSE]
    return [judge.outcomes[name] for name in tests if name in judge.outcomes]


def passed(outcomes: list[Outcome]) -> str:
    """`3 of 4 public checks passed`."""
    return f"{sum(each.state is State.PASSED for each in outcomes)} of {len(outcomes)} public checks passed"


def notes(question: Question, outcomes: list[Outcome]) -> list[str]:
    """What the number alone does not say."""
    return waiting([each.waits_for for each in outcomes], {question.number}) + human(question, outcomes)


def waiting(waits_for: Iterable[str], own: set[str]) -> list[str]:
    """`3 waiting for 1.2.4`; within one question what comes before is not named.  Empty names wait for nothing."""
    waits = [each for each in waits_for if each]
    names = "the checks before" if set(waits) == own else ", ".join(sorted(set(waits)))
    return [f"{len(waits)} waiting for {names}"] if waits else []


def human(question: Question, outcomes: list[Outcome]) -> list[str]:
    """What remains for a human."""
    undecided = sum(each.state is State.NEEDS_HUMAN for each in outcomes)
    text = any(check.kind is Kind.PROSE for check in question.checks)
    notes = ["the text will be read by a human"] if text else []
    return notes + ([f"{undecided} undecided, a human will look"] if undecided else [])
