"""What a verdict depends on besides the submission and the check."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from grading.assignment import Check, Kind
from grading.assignment.limits import TimeLimits

TAKEN_OVER, AUDITED = "taken over from", "audited against"
"""How the seed policies of such outcomes go on, before the identity of the reference."""


class Experiments(StrEnum):
    """Which submissions are trained."""

    ALWAYS = "always"
    """All of them."""
    DIFFERENT = "different"
    """Those that differ from the reference, and a random sample of the others; the rest take its result over."""
    NEVER = "never"
    """None."""


class Profile(StrEnum):
    """How much training the experiments do."""

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
    experiments: Experiments = Experiments.ALWAYS
    audit: float = 0.05
    """Share of the submissions that are trained although they agree with the reference."""
    reference: str = ""
    """Content hash of the reference whose results are taken over; empty where none are."""
    limits: TimeLimits = TimeLimits()
    """How long code may take: the course's."""

    @property
    def training(self) -> str:
        """How much was trained, in words for a report."""
        if self.experiments is Experiments.NEVER:
            return "none"
        if self.experiments is Experiments.ALWAYS:
            return str(self.profile)
        return f"{self.profile}, where different from the reference and in an audit of {self.audit:.0%}"

    def runs(self, check: Check) -> bool:
        """Is this check's test run, if it has one?"""
        return check.kind is not Kind.EXPERIMENT or self.experiments is not Experiments.NEVER

    def audits(self, content: str) -> bool:
        """Is this submission in the random sample?  The same for the same seed and content."""
        drawn = hashlib.sha256(f"audit {self.seed} {content}".encode()).digest()
        return int.from_bytes(drawn[:8]) < self.audit * 2**64

    def key(self, check: Check, substituted: Sequence[str] = ()) -> str:
        """The seed policy under which an outcome of this check is kept, e.g. `seed 0, quick`.

        Whether an experiment was asked for always or where different makes none: a training is a training.
        """
        parts = [f"seed {self.seed}"]
        if check.kind is Kind.EXPERIMENT:
            parts.append(str(self.profile))
            parts += [f"bands times {self.tolerance:g}"] if self.tolerance != 1 else []
            parts += self.limits.words
        if substituted:
            parts.append("reference for " + " ".join(sorted(substituted)))
        return ", ".join(parts)

    def taken_over(self, key: str) -> str:
        """The policy of an outcome that is the reference's."""
        return f"{key}, {TAKEN_OVER} {self.reference[:12]}"

    def audited(self, key: str) -> str:
        """The policy of a training that disagrees with the reference's although the functions agree."""
        return f"{key}, {AUDITED} {self.reference[:12]}"

    def keys(self, check: Check, content: str, substituted: Sequence[str] = ()) -> tuple[str, ...]:
        """Where to look for an outcome of this submission; the first that is there counts."""
        own = self.key(check, substituted)
        if check.kind is not Kind.EXPERIMENT or self.experiments is not Experiments.DIFFERENT:
            return (own,)
        return (own, self.audited(own), *(() if self.audits(content) else (self.taken_over(own),)))
