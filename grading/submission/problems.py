"""What can go wrong on the submission's side of the boundary, each with the state its check ends in."""

from __future__ import annotations

from grading.verdict.outcome import State


class Problem(Exception):
    """A call to the submission that gave no usable value.  The message is for the student."""

    state = State.ERROR

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class Missing(Problem):
    """The function or its module is not there, or its module cannot be imported."""

    state = State.NOT_RUN


class Raised(Problem):
    """The submitted code raised."""


class Returned(Problem):
    """The submitted code returned something that is no plain array, number, text or list."""

    state = State.FAILED


class TimedOut(Problem):
    """The submitted code did not answer in time."""

    state = State.TIMEOUT


class Died(Problem):
    """The worker process ended without an answer: exit, crash, out of memory, or a limit of the sandbox."""
