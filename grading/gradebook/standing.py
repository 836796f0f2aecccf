"""Where a submission stands: a pure function of the manifest and of the outcomes kept so far.

A check that waits for another is not an event but a consequence, so it is derived here and never stored: when the
prerequisite is graded anew, what waits for it follows by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grading.assignment import Course
from grading.gradebook.conditions import Conditions, Prerequisites
from grading.verdict.judge import Judge, unfinished, waiting
from grading.verdict.outcome import Outcome, State

Kept = Mapping[tuple[str, str, str], Outcome]
"""Outcomes of one submission by check, fingerprint and seed policy."""

NOT_RUN = "has not been run yet"
NO_TEST = "this check's test is missing from the installation"
NO_PROFILE = "training experiments were not run"


@dataclass(frozen=True)
class Standing:
    """What is known about one submission under some conditions."""

    outcomes: dict[str, Outcome]
    """One for every check of the manifest, in its order."""
    known: dict[str, Outcome]
    """Those of checks that ended or wait: what a judge decides prerequisites by."""
    left: tuple[str, ...]
    """Checks to run: no outcome is kept, or the grader broke."""


def standing(
    course: Course, kept: Kept, fingerprints: Mapping[str, str], conditions: Conditions, content: str = ""
) -> Standing:
    """Go through the manifest in order, as a run would."""
    judge, left = Judge(course), []
    for identifier in course.run_order():
        _, check = course.manifest()[identifier]
        if not conditions.runs(check) or identifier not in fingerprints:
            continue
        seat = judge.seat(check, conditions.prerequisites is Prerequisites.REFERENCE)
        if seat.waits_for:
            judge.record(waiting(identifier, seat.waits_for))
            continue
        places = conditions.keys(check, content, seat.substituted)
        rows = [kept[key] for place in places if (key := (identifier, fingerprints[identifier], place)) in kept]
        found = next(iter(rows), None)
        if found is None or found.state is State.BROKEN:
            left.append(identifier)
        if found is not None:
            judge.record(found)
    known = dict(judge.outcomes)
    for outcome in unfinished(course, known, ""):
        judge.record(with_reason(course, outcome, fingerprints, conditions))
    return Standing({name: judge.outcomes[name] for name in course.manifest()}, known, tuple(left))


def with_reason(course: Course, outcome: Outcome, fingerprints: Mapping[str, str], conditions: Conditions) -> Outcome:
    """An outcome for a check that nothing is known about, with the reason why."""
    _, check = course.manifest()[outcome.check]
    if outcome.state is State.NEEDS_HUMAN:
        return outcome
    reason = NO_PROFILE if not conditions.runs(check) else NOT_RUN if outcome.check in fingerprints else NO_TEST
    return Outcome(check=outcome.check, state=State.NOT_RUN, message=reason)
