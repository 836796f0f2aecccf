"""Examine a submission: its functions, its notebooks' notices, its answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from derivations.contexts import ContextError, context_of
from derivations.goals.goal import State
from derivations.reader import ReadError
from derivations.reader.code import read_code
from derivations.report import DocumentReport
from grading.assignment import ContractFunction, ContractModule, Course, Kind, Question, contract
from grading.assignment.question import DERIVATION
from grading.submission import Missing, Problem, Submission
from grading.verdict import closed_forms
from grading.verdict.answers import at_a_glance, sections

CODE = "answers.py"
TOML = "submission.toml"
STRAY = "no module or function of the assignment has this name; the line does nothing"


class Weight(StrEnum):
    """How much a finding matters."""

    FOUND = "found"
    NOTICE = "notice"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One thing the grader will see, or will not find."""

    weight: Weight
    what: str
    where: str
    """A file of the submission, with line where there is one; or the question's number."""
    words: str = ""


@dataclass(frozen=True)
class Examination:
    """All findings on one submission."""

    functions: tuple[Finding, ...]
    answers: tuple[Finding, ...]

    @property
    def missing(self) -> int:
        """How many things are not there."""
        return sum(each.weight is Weight.MISSING for each in (*self.functions, *self.answers))


def examine(submission: Submission, course: Course, entry_points: Iterable[str] = ()) -> Examination:
    """Look at everything the course asks for, and at what submission.toml maps; no check is run."""
    asked = {name for question in course.questions for name in question.functions}
    modules = contract(course.tests)
    functions = [f for module in modules.values() for f in functions_of(submission, module, asked)]
    known = {*modules, *(f.qualified for module in modules.values() for f in module.functions.values()), "answers"}
    strays = [Finding(Weight.NOTICE, name, TOML, STRAY) for name in entry_points if name not in known]
    return Examination(tuple(dict.fromkeys(functions + strays)), tuple(answers_of(submission, course)))


def functions_of(submission: Submission, module: ContractModule, asked: set[str]) -> Iterator[Finding]:
    """The module's functions, then what was left out of its notebook."""
    wanted = [function for function in module.functions.values() if function.qualified in asked]
    if not wanted:
        return
    try:
        seen = submission.describe(module)
    except Problem as problem:
        yield Finding(Weight.MISSING, module.name, "", str(problem))
        return
    for function in wanted:
        yield function_finding(function, seen["functions"][function.name])
    for notice in seen["notices"]:
        file, _, words = notice.partition(", ")
        yield Finding(Weight.NOTICE, file, "", words)


def function_finding(function: ContractFunction, seen: dict[str, Any]) -> Finding:
    """Found, found with other parameters, or missing."""
    if seen["problem"]:
        why = seen["problem"].removeprefix(f"`{function.name}` is not there: ").removeprefix(f"{seen['file']}, ")
        return Finding(Weight.MISSING, function.qualified, seen["file"], why)
    own = tuple(seen["parameters"] or ())
    if own and own[: len(function.parameters)] != function.parameters and not own[0].startswith("args"):
        words = f"takes ({', '.join(own)}); the contract says ({', '.join(function.parameters)}), in this order"
        return Finding(Weight.NOTICE, function.qualified, seen["file"], words)
    return Finding(Weight.FOUND, function.qualified, seen["file"])


def answers_of(submission: Submission, course: Course) -> Iterator[Finding]:
    """For each question that asks for a derivation or for prose: what stands under its heading."""
    codes = list(dict.fromkeys(f for question in course.questions for f in code_findings(submission, question)))
    yield from codes
    try:
        text = submission.answers()
    except Missing as problem:
        yield Finding(Weight.MISSING, "answers.md", "answers.md", str(problem))
        return
    try:
        written, seen = sections(text), at_a_glance(text, course.goals())
    except (ReadError, ContextError) as error:
        yield Finding(Weight.MISSING, "answers.md", "answers.md", f"it cannot be read: {error}")
        return
    yield from unread(written, course)
    in_code = {finding.what for finding in codes if finding.weight is Weight.FOUND}
    for question in course.questions:
        if any(check.kind is Kind.PROSE or check.name == DERIVATION for check in question.checks):
            yield from answer_findings(question, written.get(question.number, ""), seen, in_code)


def unread(written: dict[str, str], course: Course) -> Iterator[Finding]:
    """Text under numbers that are no question's: nobody asks for it, and nobody will read it."""
    asked = {question.number for question in course.questions}
    for number, text in written.items():
        if number not in asked and text.strip():
            words = "the course has no such question; what stands under this heading will not be read"
            yield Finding(Weight.NOTICE, number, "answers.md", words)


def code_findings(submission: Submission, question: Question) -> Iterator[Finding]:
    """The question's closed forms in `answers.py`: found, or why they cannot be read; the file is optional."""
    try:
        submission.start_check()
        texts = closed_forms.written(submission, question)
    except Problem as problem:
        yield Finding(Weight.NOTICE, CODE, CODE, str(problem))
        return
    for name, text in texts.items():
        try:
            read_code(text, context_of(question.number))
        except ReadError as error:
            yield Finding(Weight.NOTICE, f"{question.number} {name}", CODE, f"{error.reason}; it is {text:.200}")
        else:
            yield Finding(Weight.FOUND, f"{question.number} {name}", CODE)


def answer_findings(question: Question, text: str, seen: DocumentReport, in_code: set[str]) -> Iterator[Finding]:
    """An empty answer; or each equation that cannot be read and each goal that neither a line nor code gives."""
    asked = {f"{question.number} {goal.name}" for goal in question.goals}
    if not text.strip() and not (asked and asked <= in_code):
        yield Finding(Weight.MISSING, question.number, "answers.md", "nothing stands under this heading")
        return
    faults = [e for e in seen.equations if e.question == question.number and not e.is_read]
    missed = [f for f in seen.goals if f.question == question.number and f.state is State.NOT_FOUND]
    missed = [f for f in missed if f"{question.number} {f.goal.name}" not in in_code]
    for equation in faults:
        yield Finding(Weight.NOTICE, question.number, f"answers.md, line {equation.line}", equation.problem or "")
    for found in missed:
        yield Finding(Weight.NOTICE, question.number, "answers.md", f"not seen: {found.goal.says} ({found.words})")
    if not faults and not missed:
        yield Finding(Weight.FOUND, question.number, "answers.md")
