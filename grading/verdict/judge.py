"""From what happened in a check's test to its outcome.

The judge knows the manifest, what has ended so far, and which checks wait for others.  It never sees a submission,
only the exceptions that checks raise.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis.errors import Flaky

from grading.assignment import Check, Course, Kind, Question
from grading.submission import Call, Problem
from grading.verdict.claims import NeedsHuman, Refuted
from grading.verdict.counterexample import snippet
from grading.verdict.outcome import Outcome, State

TO_BE_READ = "to be read and marked"
FLAKY = "Two calls with the same arguments gave different results; a function of its arguments alone is expected."


class Seat(NamedTuple):
    """Whether a check can be run, and who answers in it."""

    substituted: tuple[str, ...] = ()
    """Functions of failed questions that the reference answers."""
    waits_for: str = ""
    """The number of a question whose failure makes the check meaningless, or empty."""


@dataclass
class Judge:
    """Outcomes of one submission as they come in."""

    course: Course
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    publish: Callable[[Outcome], None] = lambda outcome: None
    """Called with each outcome at once, before the next check starts."""

    def record(self, outcome: Outcome) -> None:
        """Keep and publish one outcome."""
        self.outcomes[outcome.check] = outcome
        self.publish(outcome)

    def seat(self, check: Check, reference: bool) -> Seat:
        """How this check can be run now.  With `reference`, that answers for the functions which the check uses of
        questions whose code failed, and those questions do not hold it back."""
        answered = {name: owner.number for name, owner in self.failed_functions(check).items() if reference}
        for need in check.needs:
            number = need.partition("/")[0]
            if number not in answered.values() and any(map(self.stands_in_the_way, self.course.required(need))):
                return Seat(waits_for=number)
        return Seat(substituted=tuple(answered))

    def failed_functions(self, check: Check) -> dict[str, Question]:
        """Functions of other questions that this check uses and whose own tests did not all pass, with the question."""
        owners = {name: question for question in self.course.questions for name in question.functions}
        return {name: owners[name] for name in check.uses if any(map(self.stands_in_the_way, owners[name].code_tests))}

    def stands_in_the_way(self, identifier: str) -> bool:
        """Did this check end without passing?  A check not run in this session does not stand in the way."""
        ended = self.outcomes.get(identifier)
        return ended is not None and ended.state not in (State.PASSED, State.BROKEN)


def outcome_of(identifier: str, error: BaseException | None, calls: list[Call], seconds: float) -> Outcome:
    """The outcome of a test that ended in `error`, or in nothing."""
    if error is None:
        return Outcome(check=identifier, state=State.PASSED, seconds=seconds)
    example = snippet(calls[-1]) if calls else ""
    if isinstance(error, Refuted):
        return Outcome(
            check=identifier,
            state=State.FAILED,
            message=str(error),
            counterexample=error.example or example,
            mistake=error.mistake,
            evidence=error.evidence,
            seconds=seconds,
        )
    if isinstance(error, Problem):
        absent = error.state is State.NOT_RUN
        return Outcome(
            check=identifier,
            state=error.state,
            message=str(error),
            traceback=error.traceback,
            counterexample="" if absent else example,
            seconds=seconds,
        )
    if isinstance(error, NeedsHuman):
        return Outcome(check=identifier, state=State.NEEDS_HUMAN, message=str(error), seconds=seconds)
    if isinstance(error, Flaky):
        return Outcome(check=identifier, state=State.FAILED, message=FLAKY, counterexample=example, seconds=seconds)
    if cannot_be_read(error):
        said = f"answers.md cannot be read: {error}"
        return Outcome(check=identifier, state=State.NEEDS_HUMAN, message=said, seconds=seconds)
    frames = "".join(traceback.format_exception(error))
    return Outcome(
        check=identifier,
        state=State.BROKEN,
        message=f"{type(error).__name__}: {str(error)[:500]}",
        traceback=frames[-6000:],
        counterexample=example,
        seconds=seconds,
    )


def cannot_be_read(error: BaseException) -> bool:
    """Is it that a document cannot be read as a whole?  Sympy takes a second to import, and few checks come here."""
    from derivations.check import ContextError, ReadError

    return isinstance(error, ReadError | ContextError)


def waiting(identifier: str, number: str) -> Outcome:
    """The outcome of a check that waits for another question."""
    return Outcome(
        check=identifier,
        state=State.NOT_RUN,
        waits_for=number,
        message=f"waits for {number}: once that question's checks pass, this one will be run.",
    )


def unfinished(course: Course, outcomes: dict[str, Outcome], reason: str) -> list[Outcome]:
    """An outcome for every check of the manifest that has none: prose needs a human, the rest was not run."""
    missing = []
    for identifier, (_, check) in course.manifest().items():
        if identifier in outcomes:
            continue
        prose = check.kind is Kind.PROSE
        state = State.NEEDS_HUMAN if prose else State.NOT_RUN
        missing.append(Outcome(check=identifier, state=state, message=TO_BE_READ if prose else reason))
    return missing
