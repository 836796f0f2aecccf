"""What is handed to whoever does the work, and what comes back: plain data, on this machine and across a cluster."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from grading.assignment import Course, load_course
from grading.gradebook.conditions import Conditions
from grading.verdict.outcome import Outcome


class Job(msgspec.Struct, frozen=True):
    """What to run on one submission."""

    content: str
    folder: str
    checks: tuple[str, ...]
    """Identifiers, in the order of the manifest."""
    earlier: dict[str, Outcome]
    """Outcomes that are known already, for prerequisites."""
    conditions: Conditions
    course: str = ""
    """Path of a `course.toml`, or empty."""
    offered: tuple[str, ...] = ()
    """Experiments whose outcome is taken over from the reference where the submission agrees with it."""

    def asked(self) -> Course:
        """The course that the checks belong to."""
        return course_at(self.course)


class Ended(msgspec.Struct, frozen=True):
    """One check that ended, and the seed policy under which its outcome is kept."""

    outcome: Outcome
    policy: str
    taken_over: bool = False
    """Does the outcome stand for the reference's, whose evidence it lacks?"""


Publish = Callable[[Ended], None]


@cache
def course_at(path: str) -> Course:
    """The course of this file, or the assignment as it is."""
    return load_course(Path(path) if path else None)
