"""What is reported about a document: an object for each displayed equation, with its steps.

`to_json` gives plain data, `schema` the JSON Schema it obeys, `DocumentReport.table` rows for a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.resources import files
from typing import Any

from derivations.goals.goal import Finding
from derivations.verdict import Status, Verdict


class StepKind(StrEnum):
    """A claim can be false; a definition introduces a name, a condition asks for something."""

    CLAIM = "claim"
    DEFINITION = "definition"
    CONDITION = "condition"
    UNREAD = "unread"


RECORDED = "recorded"
UNREAD = "unread"


@dataclass(frozen=True)
class Step:
    """One relation as written: `left relation right`, and what was found out about it.

    `verdict` is a `Status`, or `recorded` for a definition or a condition that nothing contradicts, or `unread`.
    """

    left: str
    relation: str
    right: str
    kind: StepKind
    verdict: str
    rule: str
    evidence: str
    counterexample: dict[str, str] | None = None
    repair: dict[str, str] | None = None
    tried: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_wrong(self) -> bool:
        """Whether it was refuted."""
        return self.verdict == Status.REFUTED


@dataclass(frozen=True)
class Equation:
    """A displayed equation (or, with `displayed` false, a definition in the text) at a line of the source."""

    question: str | None
    line: int
    tag: str | None
    latex: str
    problem: str | None
    steps: tuple[Step, ...]
    displayed: bool = True

    @property
    def is_read(self) -> bool:
        """Whether both sides of every step could be read."""
        return self.problem is None

    @property
    def verdict(self) -> str:
        """The worst of its steps."""
        order = (Status.REFUTED, UNREAD, Status.UNDECIDED, Status.SUPPORTED, Status.PROVED, RECORDED)
        found = [step.verdict for step in self.steps] + ([] if self.is_read else [UNREAD])
        return min(found, key=order.index, default=RECORDED)

    @property
    def first_wrong_step(self) -> int | None:
        """The number of its first refuted step, from 1."""
        return next((n for n, step in enumerate(self.steps, 1) if step.is_wrong), None)


@dataclass(frozen=True)
class DocumentReport:
    """Everything found in one document; `parts` keeps its text for the annotated page."""

    equations: tuple[Equation, ...]
    definitions: tuple[Equation, ...] = ()
    seconds: float = 0.0
    parts: tuple[Any, ...] = field(default=(), repr=False)
    goals: tuple[Finding, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all displayed equations, in order."""
        return tuple(step for equation in self.equations for step in equation.steps)

    @property
    def counts(self) -> dict[str, int]:
        """How many steps have each verdict."""
        verdicts = [step.verdict for step in self.steps]
        return {verdict: verdicts.count(verdict) for verdict in (*Status, RECORDED, UNREAD)}

    @property
    def questions(self) -> dict[str | None, tuple[Equation, ...]]:
        """The displayed equations by question, in the order of the document."""
        numbers = dict.fromkeys(equation.question for equation in self.equations)
        return {n: tuple(e for e in self.equations if e.question == n) for n in numbers}

    def first_wrong(self, question: str | None) -> tuple[Equation, int] | None:
        """The first refuted step of a question: its equation and the step's number."""
        wrong = (e for e in self.questions.get(question, ()) if e.first_wrong_step is not None)
        first = next(wrong, None)
        return None if first is None else (first, first.first_wrong_step or 0)

    def table(self) -> Iterator[tuple[str, str, str, str, str, str]]:
        """Rows (question, line, tag, step, verdict, evidence), one a step."""
        for equation in self.equations:
            where = (equation.question or "", str(equation.line), equation.tag or "")
            if equation.problem is not None:
                yield (*where, "", UNREAD, equation.problem)
            for number, step in enumerate(equation.steps, 1):
                repair = f"; {step.repair['says']}" if step.repair else ""
                yield (*where, str(number), step.verdict, step.evidence + repair)


def step_of(left: str, relation: str, right: str, kind: StepKind, verdict: Verdict) -> Step:
    """A decided relation as a step of the report."""
    counterexample = None if verdict.counterexample is None else asdict(verdict.counterexample)
    repair = None
    if verdict.repair is not None:
        fixed = verdict.repair
        repair = {"says": str(fixed), "edit": fixed.edit, "latex": fixed.relation.latex, "status": fixed.status.value}
    return Step(
        left,
        relation,
        right,
        kind,
        verdict.status.value,
        verdict.rule,
        verdict.evidence,
        counterexample,
        repair,
        verdict.tried,
        round(verdict.seconds, 4),
    )


def to_json(report: DocumentReport) -> dict[str, Any]:
    """The report as plain data that obeys `schema()`."""
    return {
        "format": "evidence-derivations/1",
        "seconds": round(report.seconds, 3),
        "counts": report.counts,
        "equations": [_equation(equation) for equation in report.equations],
        "definitions": [_equation(equation) for equation in report.definitions],
        "goals": [_goal(finding) for finding in report.goals],
    }


def _goal(finding: Finding) -> dict[str, Any]:
    """A goal, what it asks for, and its state."""
    goal = finding.goal
    what = {"question": finding.question, "says": goal.says, "latex": goal.show or goal.find}
    return what | {"state": finding.state.value, "words": finding.words, "line": finding.line}


def _equation(equation: Equation) -> dict[str, Any]:
    data = asdict(equation)
    del data["displayed"]
    data["read"] = equation.is_read
    data["verdict"] = str(equation.verdict)
    data["first_wrong_step"] = equation.first_wrong_step
    data["steps"] = [asdict(step) | {"kind": step.kind.value, "tried": list(step.tried)} for step in equation.steps]
    return data


def schema() -> dict[str, Any]:
    """The JSON Schema of `to_json`."""
    return json.loads(files("derivations").joinpath("report.schema.json").read_text(encoding="utf-8"))
