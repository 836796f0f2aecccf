"""From what happened in a check's test to its outcome.

The judge knows the manifest, what has ended so far, and which checks wait for others.  It never sees a submission,
only the exceptions that checks raise.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis.errors import Flaky

from grading.assignment import Check, Course, Kind, Question
from grading.claims import NeedsHuman, Refuted
from grading.counterexample import snippet
from grading.outcome import Outcome, State
from grading.submission import Call, Problem

FLAKY = "Two calls with the same arguments gave different results; a function of its arguments alone is expected."


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

    def waits_for(self, check: Check) -> str:
        """The number of a question whose failure makes this check meaningless, or empty."""
        for need in check.needs:
            if any(self.stands_in_the_way(identifier) for identifier in self.course.required(need)):
                return need.partition("/")[0]
        return ""

    def stands_in_the_way(self, identifier: str) -> bool:
        """Did this check end without passing?  A check not run in this session does not stand in the way."""
        ended = self.outcomes.get(identifier)
        return ended is not None and ended.state not in (State.PASSED, State.BROKEN)

    def failed_functions(self, check: Check) -> list[str]:
        """Functions of other questions that this check uses and whose own checks did not pass."""
        owners = {name: question for question in self.course.questions for name in question.functions}
        return [name for name in check.uses if name in owners and self.any_failed(owners[name])]

    def any_failed(self, question: Question) -> bool:
        """Did any check of this question end without passing?"""
        return any(self.stands_in_the_way(question.identifier(each)) for each in question.checks)


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
    frames = "".join(traceback.format_exception(error))
    return Outcome(
        check=identifier,
        state=State.BROKEN,
        message=f"{type(error).__name__}: {str(error)[:500]}",
        traceback=frames[-6000:],
        counterexample=example,
        seconds=seconds,
    )


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
        missing.append(Outcome(check=identifier, state=state, message="to be read and marked" if prose else reason))
    return missing
