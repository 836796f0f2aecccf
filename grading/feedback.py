"""Feedback that teaches: what was asked, what happened, an example that can be rerun, where to read."""

from __future__ import annotations

import textwrap

from grading.assignment import Check, Question
from grading.outcome import Outcome, State

WIDTH = 78
HEADLINES = {
    State.PASSED: "passed",
    State.FAILED: "does not hold",
    State.ERROR: "your code raised an error",
    State.TIMEOUT: "your code did not finish in time",
    State.NOT_RUN: "could not be checked",
    State.NEEDS_HUMAN: "will be read by a human",
    State.BROKEN: "the grader broke; this costs you nothing",
}


def text(question: Question, check: Check, outcome: Outcome) -> str:
    """Feedback on one check for a terminal, at most 78 columns wide except for code."""
    parts = [f"{question.number} {question.title}: {HEADLINES[outcome.state]}", "", paragraph("Asked", check.claim)]
    parts.append(paragraph("Found", outcome.message))
    if outcome.mistake:
        parts.append(paragraph("Looks like", outcome.mistake))
    if outcome.counterexample:
        parts += ["", "Run it yourself:", textwrap.indent(outcome.counterexample, "    ")]
    if outcome.state is State.ERROR and outcome.traceback:
        parts += ["", "Where it happened:", textwrap.indent(outcome.traceback.rstrip(), "  ")]
    if check.read:
        parts += ["", paragraph("Read", check.read)]
    parts += ["", f"Again: pytest --question {question.number} -k {check.name}"]
    return "\n".join(parts)


def paragraph(label: str, body: str) -> str:
    """`Label  body`, wrapped with a hanging indent."""
    head = f"{label + ':':<12}"
    lines = body.splitlines() or [""]
    wrapped = [
        textwrap.fill(line, WIDTH, initial_indent=head if not i else " " * 12, subsequent_indent=" " * 12)
        for i, line in enumerate(lines)
    ]
    return "\n".join(wrapped)
