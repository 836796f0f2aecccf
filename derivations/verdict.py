"""What the engine says about a claim: a verdict, never a guess.

* ``proved``: both sides were brought to one form by sound rules, which are listed;
* ``supported``: no proof was found, but the claim holds to 50 digits at random points or on random models;
* ``refuted``: a counterexample shows both sides' numbers and can be rerun in three lines;
* ``undecided``: what was tried is listed.

A refuted claim may carry a `Repair`: a small edit whose result was itself decided to hold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivations.language import Relation


class Status(StrEnum):
    """The four things that can be said of a claim."""

    PROVED = "proved"
    SUPPORTED = "supported"
    REFUTED = "refuted"
    UNDECIDED = "undecided"

    @property
    def holds(self) -> bool:
        """Whether the claim may be used: it is proved or supported."""
        return self in (Status.PROVED, Status.SUPPORTED)


@dataclass(frozen=True)
class Counterexample:
    """A place where the two sides differ.

    `where` describes the values or the small model in words, `left` and `right` are both sides' numbers
    there (in nats, where they are logs), and `rerun` is three lines of Python that print them again.
    """

    where: str
    left: str
    right: str
    rerun: str

    def __str__(self) -> str:
        return f"{self.where}: left {self.left}, right {self.right}"


@dataclass(frozen=True)
class Repair:
    """A small edit, in words, and the relation it gives, which `status` says was verified."""

    edit: str
    relation: Relation
    status: Status

    def __str__(self) -> str:
        return f"this line becomes an identity if {self.edit}"


@dataclass(frozen=True)
class Verdict:
    """What was decided about one relation, and on what evidence.

    `rule` names the rules of the proof, or the method that refuted; `evidence` is one sentence for a reader;
    `tried` lists the attempts behind a claim that stayed undecided; `seconds` is the time it took.
    """

    status: Status
    rule: str
    evidence: str
    counterexample: Counterexample | None = None
    repair: Repair | None = None
    tried: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the claim is proved or supported."""
        return self.status.holds

    def with_repair(self, repair: Repair | None) -> Verdict:
        """The same verdict, carrying the repair that was found."""
        return replace(self, repair=repair)

    def __str__(self) -> str:
        lines = [f"{self.status.value} by {self.rule}: {self.evidence}"]
        if self.counterexample is not None:
            lines.append(str(self.counterexample))
        if self.repair is not None:
            lines.append(str(self.repair))
        return "\n".join(lines)


def proved(rule: str, evidence: str) -> Verdict:
    """A verdict reached by sound rules."""
    return Verdict(Status.PROVED, rule, evidence)


def supported(rule: str, evidence: str, tried: tuple[str, ...] = ()) -> Verdict:
    """A claim without a proof that survived every random test."""
    return Verdict(Status.SUPPORTED, rule, evidence, tried=tried)


def refuted(rule: str, evidence: str, counterexample: Counterexample) -> Verdict:
    """A claim that fails somewhere; the counterexample is required."""
    return Verdict(Status.REFUTED, rule, evidence, counterexample)


def undecided(evidence: str, tried: tuple[str, ...] = ()) -> Verdict:
    """An honest "don't know"; `tried` says what was attempted."""
    return Verdict(Status.UNDECIDED, "none", evidence, tried=tried)
