"""Deadlines, late work and regrade requests, as data."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec


class Late(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What late work costs.  Without one, a deadline is only shown."""

    grace_minutes: float = 0
    """Work handed in this long after the deadline still counts as in time."""
    per_day: float = 0.1
    """Share of the points lost for each day begun."""
    at_most_days: int = 3
    """Work later than this counts for nothing."""

    def factor(self, deadline: datetime, handed_in: datetime) -> float:
        """Share of the points that remain: 1 − per_day · (days begun), 0 after `at_most_days`.

        >>> Late(per_day=0.1).factor(datetime(2026, 12, 1), datetime(2026, 12, 2, 1))
        0.8
        """
        over = handed_in - deadline - timedelta(minutes=self.grace_minutes)
        if over <= timedelta(0):
            return 1.0
        days = -(-over // timedelta(days=1))
        return 0.0 if days > self.at_most_days else max(0.0, 1.0 - self.per_day * days)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """When work is due, and until when a mark can be questioned."""

    deadlines: dict[str, datetime] = {}
    """By level."""
    late: Late | None = None
    regrade_until: date | None = None

    def factor(self, level: str, handed_in: datetime | None) -> float:
        """Share of a level's points that remain for work handed in at this time; 1 where nothing is known."""
        if self.late is None or handed_in is None or level not in self.deadlines:
            return 1.0
        return self.late.factor(self.deadlines[level], handed_in)
