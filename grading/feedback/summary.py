"""The last lines of a run: what is still to do, what passed, what waits for what, and what remains for a human."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from grading.assignment import Check, Kind, Question
from grading.assignment.question import DERIVATION
from grading.verdict.judge import Judge
from grading.verdict.outcome import Outcome, State

WIDTH = 78
LINE_BY_LINE = "`evidence check answers.md` shows line by line what is undecided or cannot be read."

NOWHERE = "No check is here: run pytest in the folder of your handout, where pytest.ini lies, or give --submission DIR."


def to_do(left: Iterable[tuple[str, str]], chosen: Iterable[Question]) -> Iterator[str]:
    """Under each question's number what its checks did not find, each thing once."""
    found = list(dict.fromkeys(left))
    for question in chosen:
        missing = [what for number, what in found if number == question.number]
        for i, what in enumerate(missing):
            head = "" if i else question.number
            yield textwrap.fill(what, WIDTH, initial_indent=f"{head:<8}", subsequent_indent=" " * 10)


def untrained(dropped: Iterable[tuple[Question, Check]], chosen: Iterable[Question]) -> Iterator[str]:
    """Which of the chosen questions have trainings that were left out, and how they are run."""
    numbers = {question.number for question, check in dropped if check.kind is Kind.EXPERIMENT}
    if left := [question.number for question in chosen if question.number in numbers]:
        said = f"Not run, of {', '.join(left)}: `pytest --experiments quick` runs them too, in some minutes."
        yield textwrap.fill(said, WIDTH)


def summary(judge: Judge, chosen: Iterable[Question]) -> Iterator[str]:
    """A line for each chosen question that was run or has nothing to run, and the sum; none where nothing was run."""
    if not judge.outcomes:
        return
    ended = [(each, of(each, judge)) for each in chosen if of(each, judge) or only_prose(each)]
    for question, outcomes in ended:
        said = ([passed(outcomes)] if outcomes else []) + notes(question, outcomes)
        yield textwrap.fill(f"{question.number:<8}{'; '.join(said)}", WIDTH, subsequent_indent=" " * 8)
    remain = [question.number for question, outcomes in ended if human(question, outcomes)]
    rest = f"A human still reads {', '.join(remain)}." if remain else "Nothing here is left for a human."
    yield ""
    yield textwrap.fill(f"{passed([each for _, outcomes in ended for each in outcomes])}. {rest}", WIDTH)
    if any(undecided(each) for _, outcomes in ended for each in outcomes if each.check.endswith(f"/{DERIVATION}")):
        yield textwrap.fill(LINE_BY_LINE, WIDTH)


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
    n = sum(map(undecided, outcomes))
    text = any(check.kind is Kind.PROSE for check in question.checks)
    notes = ["the text will be read by a human"] if text else []
    return notes + ([f"{n} undecided, a human will look"] if n else [])


def undecided(outcome: Outcome) -> bool:
    """Did no machine decide it?"""
    return outcome.state is State.NEEDS_HUMAN
