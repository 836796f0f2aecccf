"""Displays under one question, as the reader of documents sees them."""

from __future__ import annotations

from derivations.check import check_document
from derivations.context import Context
from derivations.language import Relation
from derivations.report import DocumentReport
from derivations.verdict import Verdict, undecided

GOOD, BAD, NOTED = {"proved", "supported"}, {"refuted"}, {"recorded"}


def report(question: str, *displays: str) -> DocumentReport:
    """The report on displays under one question."""
    return check_document(f"## Question {question}\n\n" + "\n\n".join(f"$$\n{latex}\n$$" for latex in displays))


def verdicts(question: str, *displays: str) -> list[str]:
    """What is said of each of their steps."""
    return [str(step.verdict) for step in report(question, *displays).steps]


def nothing(_relation: Relation, _context: Context) -> Verdict:
    """An engine that decides nothing."""
    return undecided("not asked")
