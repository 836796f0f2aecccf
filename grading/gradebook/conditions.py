"""What a verdict depends on besides the submission and the check."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from grading.assignment import Check, Kind


class Profile(StrEnum):
    """How much training the experiments do."""

    NONE = "none"
    QUICK = "quick"
    FULL = "full"


class Prerequisites(StrEnum):
    """What becomes of a check whose prerequisite failed."""

    WAIT = "wait"
    """It is not run, and the report says what it waits for."""
    REFERENCE = "reference"
    """It is run, and the reference's function answers in place of the one that failed."""


class Conditions(msgspec.Struct, frozen=True):
    """How a run is made."""

    seed: int = 0
    profile: Profile = Profile.QUICK
    prerequisites: Prerequisites = Prerequisites.WAIT
    tolerance: float = 1.0
    """Acceptance bands of training runs, as a multiple of the recorded ones: the course's."""

    def runs(self, check: Check) -> bool:
        """Is this check's test run, if it has one?  Experiments only with a profile."""
        return check.kind is not Kind.EXPERIMENT or self.profile is not Profile.NONE

    def key(self, check: Check, substituted: Sequence[str] = ()) -> str:
        """The seed policy under which an outcome of this check is kept, e.g. `seed 0, quick`."""
        parts = [f"seed {self.seed}"]
        if check.kind is Kind.EXPERIMENT:
            parts.append(str(self.profile))
            parts += [f"bands times {self.tolerance:g}"] if self.tolerance != 1 else []
        if substituted:
            parts.append("reference for " + " ".join(sorted(substituted)))
        return ", ".join(parts)
