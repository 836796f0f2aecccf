"""Time that a session had for itself: wall time, less what it spent waiting for a processor.

A timeout in wall time alone would fail correct work on a machine that is busy with something else.  So while any of a
session's processes is ready to run, only the processor time that they get counts; while all of them sleep, wall time
does.
"""

from __future__ import annotations

from time import monotonic

from grading.sandbox import processes

MOST = 3.0
"""At most this many times the given seconds are added for waiting."""


class Stopwatch:
    """Looked at every tick while a request is under way; most requests end before the first."""

    def __init__(self, session: int, seconds: float) -> None:
        self.session, self.most, self.waited = session, MOST * seconds, 0.0
        self.last: tuple[float, float] | None = None

    def look(self) -> float:
        """Seconds to add to the deadline so far."""
        below = [self.session, *processes.descendants(self.session)]
        now, used = monotonic(), sum(map(processes.processor_seconds, below))
        if self.last is not None and any(processes.state(pid) == "R" for pid in below):
            self.waited += max(0.0, (now - self.last[0]) - max(0.0, used - self.last[1]))
        self.last = now, used
        return min(self.waited, self.most)
