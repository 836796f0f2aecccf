"""How long submitted code may take, where a course says so; what it does not say is the grader's own."""

from __future__ import annotations

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]


class TimeLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Limits for machines that are slower than those the grader's own were set on, and for longer trainings."""

    epoch_minutes: Positive | None = None
    """One epoch of a training; 5 for the profile `quick` and 60 for `full` where None."""
    submission_hours: Positive | None = None
    """Everything that a submission computes in one run of the grader, trainings included; 4 where None."""

    @property
    def epoch_seconds(self) -> float | None:
        """Of one epoch."""
        return None if self.epoch_minutes is None else 60 * self.epoch_minutes

    @property
    def submission_seconds(self) -> float | None:
        """Of a whole submission."""
        return None if self.submission_hours is None else 3600 * self.submission_hours

    @property
    def granted(self) -> float:
        """Seconds for which a course may have nothing heard of a check, besides the usual ones."""
        return (self.epoch_seconds or 0) + (self.submission_seconds or 0)

    @property
    def words(self) -> list[str]:
        """What is not the grader's own, as in `epochs up to 90 min`: outcomes of trainings are kept apart by it."""
        epoch = [] if self.epoch_minutes is None else [f"epochs up to {self.epoch_minutes:g} min"]
        return epoch + ([] if self.submission_hours is None else [f"at most {self.submission_hours:g} h"])
