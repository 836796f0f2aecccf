"""The way to a Monte Carlo verdict, read back from an outcome's evidence; pictures are drawn from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from grading.montecarlo.confidence import ConfidenceSequence, Evidence
from grading.verdict.naming import FIT

DRAWN = ("path_", "sequence_")
"""What the names of evidence begin with that is drawn, not read."""


@dataclass(frozen=True)
class Trail:
    """Log e-values against a claim by draws; the claim is rejected when they reach the threshold.

    `sequence` is the confidence sequence of what was furthest off, where it shows what the verdict says.
    """

    draws: list[float]
    against: list[float]
    alpha: float
    sequence: ConfidenceSequence | None

    @property
    def threshold(self) -> float:
        """log(1/alpha)."""
        return -math.log(self.alpha)

    @property
    def title(self) -> str:
        """What the picture shows."""
        return f"{first_upper(self.sequence.quantity)} by draws" if self.sequence else "Evidence against the claim"

    def words(self) -> str:
        """The picture for those who cannot see it."""
        n = f"{self.draws[-1]:,.0f} draws"
        if self.sequence is None:
            found = f"the log e-value against the claim is {self.against[-1]:.1f}"
            return f"After {n} {found}; it is rejected at {self.threshold:.1f}."
        one = self.sequence
        return (
            f"After {n} {one.quantity} is estimated as {one.estimate[-1]:.4g} and lies {one.lies}, "
            f"wrongly with probability at most {self.alpha:.0e} however often one looks. It should be {one.should_be}."
        )


def trail(evidence: Evidence) -> Trail | None:
    """The trail in an outcome's evidence, None where there is none."""
    draws, against, alpha = (evidence.get(name) for name in ("path_draws", "path_against", "alpha"))
    if not (isinstance(draws, list) and draws and isinstance(against, list) and isinstance(alpha, float)):
        return None
    sequence = ConfidenceSequence.of(evidence)
    return Trail(draws, against, alpha, sequence if sequence and sequence.excludes_the_claim else None)


def first_upper(text: str) -> str:
    """The text with a capital."""
    return text[:1].upper() + text[1:]


NAMES = {
    "log_e": "log e-value against the claim",
    "alpha": "correct work fails with probability at most",
    "beta": "the effect passes with probability about",
    "effect": "effect to be found",
    "ending": "ended because",
    "truth": "claimed value",
    "quantity": "furthest off",
}


MACHINERY = {*NAMES, "claim", "draws", FIT}
"""What the verdict of a Monte Carlo test rests on, of use to a grader."""


def facts(evidence: Evidence, behind: bool = True) -> Evidence:
    """The evidence without the lists that are drawn, named for readers; what is behind a verdict only if asked for."""
    kept = {name: value for name, value in evidence.items() if not name.startswith(DRAWN)}
    return {NAMES.get(name, name): value for name, value in kept.items() if behind or name not in MACHINERY}
