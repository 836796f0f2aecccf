"""What lies on the marker's desk: the answers to each check that needs a human."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grading.assignment import Check, Course, Kind, Question
from grading.gradebook import Gradebook, Mark
from grading.submission.folder import Layout, LayoutError
from grading.verdict.outcome import Outcome, Plot, State

Sections = Callable[[str], dict[str, str]]
"""Splits `answers.md` into the text under each question's heading."""
Outcomes = Mapping[str, Outcome]
"""By check."""


class Unmarkable(ValueError):
    """A mark that cannot be given; the message says why, on the marker's page."""


@dataclass(frozen=True)
class Answer:
    """One submission's answer to one check, without a name."""

    content: str
    """Hash of the submission: what a mark is kept under."""
    check: str
    text: str
    evidence: tuple[Outcome, ...]
    """Outcomes of the question's checks."""
    marks: tuple[Mark, ...]
    """Oldest first."""

    @property
    def label(self) -> str:
        """A name that gives nothing away."""
        return f"Answer {self.content[:6]}"

    @property
    def plots(self) -> list[Plot]:
        """Pictures that these checks laid beside the answer."""
        return [plot for outcome in self.evidence for plot in outcome.plots]

    @property
    def empty(self) -> bool:
        """Was nothing written, and does nobody's mark say so yet?"""
        return not self.text.strip() and not self.marks

    @property
    def asks(self) -> str:
        """Why a human is asked, where the check itself says it: an undecided derivation, an audit that disagrees."""
        own = [each.message for each in self.evidence if each.check == self.check]
        return own[0] if own else ""

    def mark_by(self, who: str) -> Mark | None:
        """This marker's latest mark."""
        own = [mark for mark in self.marks if mark.who == who]
        return own[-1] if own else None


@dataclass
class Desk:
    """The gradebook seen by a marker."""

    book: Gradebook
    course: Course
    sections: Sections
    standing: Callable[[str], Outcomes] | None = None
    """What counts of a submission now; without it, whatever outcomes are kept."""
    seen: dict[str, Outcomes] = field(default_factory=dict)
    """By submission; whoever runs a check again drops it here."""

    def checks(self) -> list[tuple[Question, Check, str]]:
        """Everything that a human marks, in the order of the assignment: prose, and what checks could not decide."""
        contents = {entry.content for entry in self.book.handed_in()}
        return [
            (question, check, identifier)
            for identifier, (question, check) in self.course.manifest().items()
            if check.kind is Kind.PROSE or any(self.concerns(content, identifier) for content in contents)
        ]

    def answers(self, identifier: str) -> list[Answer]:
        """The different submissions' answers to one check, in an order that has nothing to do with names."""
        folders = {entry.content: Path(entry.folder) for entry in self.book.handed_in()}
        _, check = self.course.manifest()[identifier]
        concerned = (each for each in sorted(folders) if check.kind is Kind.PROSE or self.concerns(each, identifier))
        return [self.answer(content, folders[content], identifier) for content in concerned]

    def concerns(self, content: str, identifier: str) -> bool:
        """Did the check itself leave this submission to a human?"""
        outcome = self.outcomes(content).get(identifier)
        return outcome is not None and outcome.state is State.NEEDS_HUMAN

    def answer(self, content: str, folder: Path, identifier: str) -> Answer:
        """One answer."""
        question, _ = self.course.manifest()[identifier]
        text = self.written(folder).get(question.number, "")
        evidence = tuple(o for o in self.outcomes(content).values() if o.check.startswith(question.number + "/"))
        marks = tuple(mark for mark in self.book.marks(content) if mark.check == identifier)
        return Answer(content, identifier, text, evidence, marks)

    def outcomes(self, content: str) -> Outcomes:
        """The submission's outcome of each check so far."""
        if content not in self.seen:
            kept = {outcome.check: outcome for outcome in self.book.kept(content).values()}
            self.seen[content] = self.standing(content) if self.standing else kept
        return self.seen[content]

    def written(self, folder: Path) -> dict[str, str]:
        """Text by question number; nothing where the submission has no readable answers."""
        try:
            return self.sections(Layout.handed_in(folder).answers() or "")
        except LayoutError:
            return {}

    def mark(self, content: str, identifier: str, points: float, who: str, why: str) -> Mark:
        """Save a mark at once.  Raises Unmarkable where it cannot be given."""
        mark = self.signed(content, identifier, points, who, why)
        self.book.add_mark(mark)
        return mark

    def signed(self, content: str, identifier: str, points: float, who: str, why: str) -> Mark:
        """A mark that can be given.

        Raises:
            Unmarkable: the check or submission does not exist, the points are out of range, or nobody signs.
        """
        manifest = self.course.manifest()
        if identifier not in manifest:
            raise Unmarkable(f"there is no check {identifier}")
        if content not in {entry.content for entry in self.book.handed_in()}:
            raise Unmarkable(f"there is no submission {content!r}")
        question, check = manifest[identifier]
        most = question.points_of(check)
        if not 0 <= points <= most + 1e-9:
            raise Unmarkable(f"{points:g} points for {identifier}, where 0 to {most:g} can be given")
        if not who.strip():
            raise Unmarkable("a mark needs the name of who gives it")
        return Mark(content=content, check=identifier, points=points, who=who.strip(), why=why.strip())


def points_from(written: str) -> float:
    """Points as a marker writes them.  Raises Unmarkable."""
    try:
        return float(written.replace(",", "."))
    except ValueError:
        raise Unmarkable(f"points {written!r} is no number; write one such as 1.5") from None
