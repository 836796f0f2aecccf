"""Feedback that teaches: what was asked, what happened, an example that can be rerun, a picture, where to read.

How much of it is said is a `Detail`.  The suite's own frames are never shown; the submission's own are.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter

from grading.assignment import Check, Kind, Question
from grading.feedback.detail import Detail
from grading.feedback.sketch import sketch
from grading.feedback.trail import facts, trail
from grading.places import PROJECT
from grading.verdict.outcome import Outcome, State

NOTEBOOKS = PROJECT / "derivations" / "notebooks"
WIDTH = 78
HANGING = " " * 12
HEADLINES = {
    State.PASSED: "passed",
    State.FAILED: "does not hold",
    State.ERROR: "your code raised an error",
    State.TIMEOUT: "your code did not finish in time",
    State.NOT_RUN: "could not be checked",
    State.NEEDS_HUMAN: "will be read by a human",
    State.BROKEN: "the grader broke; this costs you nothing",
}


class Feedback(TerminalRepr):
    """Feedback for a terminal: the headline and labels stand out where there is colour, and only there."""

    def __init__(self, text: str) -> None:
        self.text = text

    def toterminal(self, tw: TerminalWriter) -> None:
        """Print it; pytest's writer marks up nothing outside of a terminal."""
        headline, _, rest = self.text.partition("\n")
        tw.line(headline, bold=True, red=True)
        for line in rest.splitlines():
            label, colon, words = line.partition(":")
            if colon and label.replace(" ", "").isalpha() and not line.startswith(" "):
                tw.write(label + colon, bold=True)
                line = words
            tw.line(line)

    def __str__(self) -> str:
        return self.text


def text(
    question: Question, check: Check, outcome: Outcome, detail: Detail = Detail.FULL, seed: int | None = None
) -> str:
    """Feedback on one check for a terminal, at most 78 columns wide except for code."""
    parts = [textwrap.fill(f"{question.number} {question.title}: {headline(outcome)}", WIDTH), ""]
    if detail is Detail.BRIEF:
        return "\n".join([*parts, *brief(check, outcome)])
    parts += [paragraph("Asked", check.claim), paragraph("Found", outcome.message)]
    if outcome.mistake not in outcome.message:
        parts.append(paragraph("Looks like", outcome.mistake))
    parts += [line for section in sections(question, check, outcome, detail, seed) for line in ("", *section)]
    return "\n".join(parts)


def headline(outcome: Outcome) -> str:
    """What became of the check, in a few words."""
    return f"waits for {outcome.waits_for}" if outcome.waits_for else HEADLINES[outcome.state]


def brief(check: Check, outcome: Outcome) -> list[str]:
    """A line each for what was asked and what happened, and the mistake's name where it is known."""
    lines = [one_line("Asked", check.claim), one_line("Found", outcome.message)]
    return lines + ([paragraph("Looks like", outcome.mistake)] if outcome.mistake else [])


def sections(
    question: Question, check: Check, outcome: Outcome, detail: Detail, seed: int | None
) -> Iterator[list[str]]:
    """What follows the first lines: example, picture, the submission's own frames, evidence, where to read."""
    if outcome.counterexample:
        yield ["Run it yourself:", textwrap.indent(outcome.counterexample, "    ")]
    found = trail(outcome.evidence)
    if found and outcome.state is not State.PASSED:
        yield [paragraph("Picture", found.title), *sketch(found)]
    if outcome.state is State.ERROR and outcome.traceback:
        yield ["Where it happened:", textwrap.indent(frames(outcome.traceback), "    ")]
    if detail.evidence:
        yield behind(outcome, seed)
    places = [reading(question, check), notebook(question) if detail.evidence else ""]
    if any(places):
        yield [paragraph("Read", "\n".join(filter(None, places)))]
    yield [again(question, check, seed)]


def behind(outcome: Outcome, seed: int | None) -> list[str]:
    """What a grader needs: the numbers that the verdict rests on, time and seed."""
    numbers = [f"{name}: {value(each)}" for name, each in facts(outcome.evidence).items()]
    numbers += [f"time: {outcome.seconds:.2f} s"]
    numbers += [] if seed is None else [f"seed: {seed}; any other must give the same verdict"]
    numbers += ["the grader's own frames: pytest --full-trace"] if outcome.state is State.BROKEN else []
    return [paragraph("Evidence", "\n".join(numbers))]


def frames(traceback: str) -> str:
    """The submission's frames with short paths, `implementations/gamma.py`."""
    return re.sub(r'File "[^"]*/([^"/]+/[^"/]+)"', r'File "\1"', textwrap.dedent(traceback).rstrip())


def reading(question: Question, check: Check) -> str:
    """Where to read: the check's own place, else the question's references."""
    return check.read or "; ".join(question.references)


def notebook(question: Question) -> str:
    """Where the clone derives the answer; nothing where the suite is installed from the students' wheel."""
    path = NOTEBOOKS / f"{question.notebook}.ipynb"
    return f"derivations/notebooks/{path.name}" if question.notebook and path.exists() else ""


def again(question: Question, check: Check, seed: int | None) -> str:
    """The command that runs this check alone on the same inputs."""
    drawn = "" if seed is None else f" --seed {seed}"
    trained = " --experiments quick" if check.kind is Kind.EXPERIMENT else ""
    start, end = f"Again: pytest --question {question.number}{drawn}{trained}", f"-k {check.name}"
    return f"{start} {end}" if len(start) + len(end) < WIDTH else f"{start} \\\n           {end}"


def paragraph(label: str, body: str) -> str:
    """`Label  body`, wrapped with a hanging indent."""
    head = f"{label + ':':<12}"
    lines = body.splitlines() or [""]
    wrapped = [
        textwrap.fill(line, WIDTH, initial_indent=head if not i else HANGING, subsequent_indent=HANGING)
        for i, line in enumerate(lines)
    ]
    return "\n".join(wrapped)


def one_line(label: str, body: str) -> str:
    """`Label  body`, the body's first line, cut where it is too long."""
    first = next(iter(body.strip().splitlines()), "")
    return f"{label + ':':<12}" + textwrap.shorten(first, WIDTH - len(HANGING), placeholder=" …")


def value(found: float | str | list[float]) -> str:
    """A number to six digits, a short list, or text."""
    if isinstance(found, list):
        shown = ", ".join(value(each) for each in found[:8])
        return shown + (f", … ({len(found)} values)" if len(found) > 8 else "")
    return f"{found:.6g}" if isinstance(found, float) else str(found)
