"""What a sequential test says: the verdict, the evidence for it, and how it was reached."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from grading.montecarlo.confidence import ConfidenceSequence, evenly, short
from grading.verdict.claims import Refuted


class Ending(Enum):
    """Why a test stopped. Only the first two are passes."""

    EVIDENCE_FOR = "every discrepancy of the stated size is ruled out"
    DRAW_LIMIT = "the draws ran out before the claim could be rejected"
    EVIDENCE_AGAINST = "the claim is rejected"
    NOT_A_DRAW = "a draw is not a possible value"


@dataclass(frozen=True)
class Look:
    """The evidence after `n` draws: log e-values against the claim and in its favour."""

    n: int
    against: float
    in_favour: float


@dataclass(frozen=True)
class Result:
    """The outcome of one Monte Carlo assertion; true when it passed, so that it can be asserted.

    `log_e` is the log e-value against the claim at the last look: the claim fails when it reaches
    log(1/alpha), which happens with probability at most alpha when the claim holds, however often one
    looks (Ville 1939). `path` holds every look, for the feedback plot; `sequence`, of a rejected claim,
    the confidence sequence of what was furthest off. `detail` is a plain sentence.
    """

    claim: str
    ending: Ending
    path: tuple[Look, ...]
    alpha: float
    beta: float
    effect: str
    detail: str
    sequence: ConfidenceSequence | None = None

    @property
    def passed(self) -> bool:
        """Whether the claim was not rejected."""
        return self.ending in (Ending.EVIDENCE_FOR, Ending.DRAW_LIMIT)

    @property
    def n_draws(self) -> int:
        """How many draws were taken."""
        return self.path[-1].n

    @property
    def log_e(self) -> float:
        """The evidence against the claim at the last look."""
        return self.path[-1].against

    @property
    def thresholds(self) -> tuple[float, float]:
        """The log e-values (against, in favour) at which the test stops."""
        return -math.log(self.alpha), -math.log(self.beta)

    def require(self, message: str = "") -> None:
        """Raise Refuted, with the evidence, unless the test passed; `message` says first what that means."""
        if not self.passed:
            said = message or f"{self.claim}: this does not hold."
            raise Refuted(f"{said} {self.detail}\n{self.because}".strip(), evidence=self.as_evidence())

    @property
    def because(self) -> str:
        """Why a rejected claim is rejected; nothing for draws that are no draws at all."""
        if self.ending is Ending.NOT_A_DRAW:
            return ""
        return (
            f"Decided after {self.n_draws} draws: the log e-value against the claim is {short(self.log_e):.4g}, it "
            f"fails at {self.thresholds[0]:.1f}. Correct work fails with probability at most {self.alpha:.0e}."
        )

    def as_evidence(self) -> dict[str, float | str | list[float]]:
        """Plain data for an outcome: what the verdict rests on, and the path for the feedback plot."""
        path = [self.path[i] for i in evenly(len(self.path))]
        return {
            "claim": self.claim,
            "ending": self.ending.value,
            "draws": float(self.n_draws),
            "log_e": short(self.log_e),
            "alpha": self.alpha,
            "beta": self.beta,
            "effect": self.effect,
            "path_draws": [float(look.n) for look in path],
            "path_against": [short(look.against) for look in path],
            "path_in_favour": [short(look.in_favour) for look in path],
        } | (self.sequence.as_evidence() if self.sequence else {})

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "failed"
        return (
            f"{self.claim}: {verdict} after {self.n_draws} draws. {self.detail} Log e-value against "
            f"{self.log_e:.1f} (fails at {self.thresholds[0]:.1f}). Correct work fails with probability at "
            f"most {self.alpha:.0e}; a discrepancy of "
            f"{self.effect} passes with probability about {self.beta:.0e}."
        )
