"""What becomes of a check: exactly one state, with its evidence.

Only PASSED earns points.  NEEDS_HUMAN and BROKEN leave the points *pending*: a check that waits for a marker, or
one that the grader itself could not finish, never costs a student anything.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from grading.printable import printable


class State(StrEnum):
    """The end of a check.  A check that was never reached is NOT_RUN, and shown."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    NOT_RUN = "not run"
    NEEDS_HUMAN = "needs a human"
    BROKEN = "the grader broke"

    @property
    def pending(self) -> bool:
        """True where the points are neither earned nor lost yet."""
        return self in (State.NEEDS_HUMAN, State.BROKEN)


class Plot(msgspec.Struct, frozen=True):
    """A picture drawn by the judge."""

    title: str
    alt: str
    """What the picture shows, for those who cannot see it."""
    svg: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A check's result on a submission.  Its texts may be a stranger's, and hold nothing that a terminal obeys."""

    check: str
    """Identifier of the check, e.g. `2.2.16/fisher_is_positive_definite`."""
    state: State
    message: str = ""
    """What happened, in words for the student."""
    counterexample: str = ""
    """Runnable Python that shows the failure, or empty."""
    evidence: dict[str, float | str | list[float]] = {}
    """What the verdict rests on: number of examples or draws, e-values, error probabilities."""
    mistake: str = ""
    """The name of the mistake, where it was recognised."""
    waits_for: str = ""
    """The question whose failure keeps this check from being run, or empty."""
    traceback: str = ""
    """Frames of the submission only, for ERROR; the grader's own, for BROKEN."""
    seconds: float = 0.0
    plots: list[Plot] = []
    """Pictures where they say more than words: an estimate against the truth, a curve against its band."""

    def __post_init__(self) -> None:
        for name in ("message", "counterexample", "mistake", "traceback"):
            msgspec.structs.force_setattr(self, name, printable(getattr(self, name)))
        facts = {name: printable(each) if isinstance(each, str) else each for name, each in self.evidence.items()}
        msgspec.structs.force_setattr(self, "evidence", facts)
