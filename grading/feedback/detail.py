"""How much feedback says: the same three levels in the terminal and in reports."""

from __future__ import annotations

from enum import StrEnum


class Detail(StrEnum):
    """`--feedback`; each level says what the one before says, and more."""

    BRIEF = "brief"
    """What was asked, what happened, and the mistake's name where it is known."""
    FULL = "full"
    """Also the smallest failing example, a picture, and where to read."""
    INSTRUCTOR = "instructor"
    """Also what the verdict rests on: evidence, the submission's own frames, known mistakes that fit, time, seeds."""

    @property
    def example(self) -> bool:
        """Are the failing example, the picture and the reading shown?"""
        return self is not Detail.BRIEF

    @property
    def evidence(self) -> bool:
        """Are the numbers behind the verdict shown?"""
        return self is Detail.INSTRUCTOR
