"""Deadlines, what late work costs, and what students ask to be looked at again, as data.

A download of Canvas or Moodle holds no hand-in time (Canvas marks LATE, Moodle nothing), and file times inside a zip
are the student's own, so times come from the instructor alone.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec

Times = dict[str, dict[str, datetime]]
"""By the submission's name in the reports, then by level; under `EVERY` what holds for levels that are not named."""
EVERY = ""


def time_of(times: Times, student: str, level: str) -> datetime | None:
    """The student's time for a level; None where none is known."""
    own = times.get(student, {})
    return own.get(level, own.get(EVERY))


class Late(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What late work costs.  Without one, a deadline is only shown."""

    grace_minutes: Annotated[float, msgspec.Meta(ge=0)] = 0
    """Work handed in this long after the deadline still counts as in time."""
    per_day: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.1
    """Share of the points lost for each day begun."""
    at_most_days: Annotated[int, msgspec.Meta(ge=0)] = 3
    """Work later than this counts for nothing."""

    def days(self, deadline: datetime, handed_in: datetime) -> int:
        """Days begun after the deadline and its grace; 0 for work in time."""
        over = handed_in - deadline - timedelta(minutes=self.grace_minutes)
        return max(0, -(-over // timedelta(days=1)))

    def factor(self, days: int) -> float:
        """Share of the points that remain: 1 − per_day · days, 0 after `at_most_days`.

        >>> Late(per_day=0.1).factor(2)
        0.8
        """
        return 0.0 if days > self.at_most_days else max(0.0, 1.0 - self.per_day * days)

    def __str__(self) -> str:
        """The rule in words."""
        grace = f" after {self.grace_minutes:g} minutes of grace" if self.grace_minutes else ""
        return (
            f"{100 * self.per_day:g} % of the points are lost for each day begun{grace};"
            f" nothing is left after {self.at_most_days} days"
        )


class Lateness(msgspec.Struct, frozen=True):
    """How one level of one submission stands to its deadline."""

    handed_in: datetime | None = None
    """None where it is not known."""
    deadline: datetime | None = None
    """With the student's extension; None where the level has none."""
    days: int = 0
    """Days begun after it; 0 in time, or where nothing is known."""
    factor: float = 1.0
    """Share of the level's points that remains."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a student asks to be looked at again."""

    student: str
    """The submission's name in the reports."""
    question: str
    text: str
    date: date
    check: str = ""
    """Name of a check of the question; empty where the whole question is meant."""

    @property
    def identifier(self) -> str:
        """What an answer is kept under: a digest of the request, so that a corrected request is a new one."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """When work is due, when it came, and what is questioned."""

    deadlines: dict[str, datetime] = {}
    """By level."""
    late: Late | None = None
    handed_in: Times = {}
    extensions: Times = {}
    """A student's own deadline, for every level that would be due before it."""
    regrade_until: date | None = None
    requests: tuple[Request, ...] = ()

    def lateness(self, level: str, student: str) -> Lateness:
        """Where a level of a student's work stands; nothing is lost where a time or a rule is missing."""
        handed_in = time_of(self.handed_in, student, level)
        if level not in self.deadlines:
            return Lateness(handed_in)
        due = self.deadlines[level]
        deadline = max(due, time_of(self.extensions, student, level) or due)
        if self.late is None or handed_in is None:
            return Lateness(handed_in, deadline)
        days = self.late.days(deadline, handed_in)
        return Lateness(handed_in, deadline, days, self.late.factor(days))

    def nobody(self, students: set[str]) -> list[str]:
        """Names in the policy that belong to no submission: a typing error, or nothing was handed in."""
        named = {*self.handed_in, *self.extensions, *(request.student for request in self.requests)}
        return sorted(named - students)
