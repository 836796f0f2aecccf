"""A question and its checks: as everything else sees them, and as a page writes them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from derivations.goals.goal import Goal
from grading.assignment.sharing import shared

Points = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Step = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
DERIVATION = "derivation"
"""The name of the check that reads a question's text."""


class Kind(StrEnum):
    """How a check reaches its verdict."""

    TEST = "test"
    """A pytest test of seconds."""
    EXPERIMENT = "experiment"
    """A training run, with a profile; also a pytest test, deselected unless asked for."""
    PROSE = "prose"
    """A rubric that a human applies to the text; a test of that name, where there is one, lays evidence beside it."""


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One verdict on one question."""

    name: str
    """The pytest test is `test_<name>`, marked with the question's number."""
    claim: str
    """What is asked, in one sentence for students."""
    kind: Kind = Kind.TEST
    weight: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 1.0
    """Share of the question's points, relative to the question's other checks."""
    needs: list[str] = []
    """Checks (`1.2.4/name`) or whole questions (`1.2.4`) that must pass before this one means anything."""
    uses: list[str] = []
    """Contract functions of *other* questions that the functions under check call, e.g. `normal_gamma.score`: the
    reference may answer for them where that question failed."""
    alone: bool = False
    """Without what the page's checks share; with its own `needs` and `uses` all the same."""
    rubric: list[str] = []
    """For prose: what a full answer says, one item a line."""
    read: str = ""
    """Where to read: paper, equation or notebook."""


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page of the catalogue."""

    number: Annotated[str, msgspec.Meta(pattern=r"^\d+(\.\d+)*$")]
    level: str
    title: str
    points: Points
    statement: str
    functions: list[str] = []
    """Contract functions this question asks for, e.g. `gamma.fisher_information`."""
    references: list[str] = []
    notebook: str = ""
    """The notebook of the clone that derives the answer; students have none, and are not sent there."""
    goals: list[Goal] = []
    """What the question wants to see derived; the check `derivation` looks for it."""
    checks: list[Check] = []
    step: Step = 0.25
    """Points of a check are a multiple of this."""

    def identifier(self, check: Check) -> str:
        """`2.2.16/fisher_is_positive_definite`."""
        return f"{self.number}/{check.name}"

    def points_of(self, check: Check) -> float:
        """Points of one check: the question's points, shared by weight in readable amounts."""
        place = [each.name for each in self.checks].index(check.name)
        return shared(self.points, tuple(each.weight for each in self.checks), self.step)[place]

    @property
    def code_tests(self) -> list[str]:
        """The tests of this question's functions: neither its text nor a training run."""
        return [self.identifier(each) for each in self.checks if each.kind is Kind.TEST and each.name != DERIVATION]

    @property
    def sort_key(self) -> tuple[int, ...]:
        """Numbers in numeric order: 2.1.10 comes after 2.1.9."""
        return tuple(int(part) for part in self.number.split("."))


class Page(Question, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question as it is written down, with what its checks have in common said once."""

    needs: list[str] = []
    """Shared by all checks of the question's code that do not stand alone; what a check says itself is added."""
    uses: list[str] = []
    """Likewise."""

    def question(self) -> Question:
        """The question, each check with all that it needs and uses."""
        fields = {name: getattr(self, name) for name in Question.__struct_fields__}
        return Question(**fields | {"checks": [self.extended(check) for check in self.checks]})

    def extended(self, check: Check) -> Check:
        """A check with what it shares; a text shares nothing."""
        if check.alone or check.kind is Kind.PROSE or check.name == DERIVATION:
            return check
        needs, uses = (dict.fromkeys(each) for each in (self.needs + check.needs, self.uses + check.uses))
        return msgspec.structs.replace(check, needs=list(needs), uses=list(uses))
