"""Name the mistake behind a failed check, where the corpus of known mistakes is at hand.

The corpus holds wrong versions of the reference's functions, so it stays with the instructor: a student's
installation has none, and nothing is named there beyond what the checks themselves recognise.  A clone announces its
corpus in pyproject.toml:

    [tool.evidence]
    mistakes = "package.module:name"        a sequence of known mistakes (`recognition.KnownMistake`)
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pkgutil import resolve_name

from grading.places import PROJECT
from grading.submission import Call, InProcess, Submission
from grading.verdict.recognition import KnownMistake, explanations

Namer = Callable[[Submission, Sequence[Call], str], list[str]]
"""From a submission, the calls of a failed check and its question's number to the mistakes that would explain them."""
FIT = "known mistakes that fit"
"""Under this name they are in the evidence of a failed check."""


def namer() -> Namer | None:
    """A namer with the corpus; None where there is no corpus."""
    announced = announcement()
    if announced is None:
        return None
    reference = Submission(InProcess(PROJECT))  # from here on `implementations` is the reference, wherever one stands
    corpus: Sequence[KnownMistake] = resolve_name(announced)

    def name(submission: Submission, calls: Sequence[Call], number: str) -> list[str]:
        """Name and message of each known mistake that explains the calls."""
        known = [mistake for mistake in corpus if mistake.question == number]
        if not known:  # a course's own question, which the reference does not answer either
            return []
        submission.start_check()
        try:
            found = explanations(submission, calls, known, reference)
        finally:
            submission.end_check()
        return [f"{each.name}: {each.message}" for each in found]

    return name


def announcement() -> str | None:
    """Where the corpus is, as this project's own page says; an installation has no such page."""
    page = PROJECT / "pyproject.toml"
    if not page.is_file():
        return None
    said = tomllib.loads(page.read_text(encoding="utf-8"))
    where: str | None = said.get("tool", {}).get("evidence", {}).get("mistakes")
    return where


def looks_like(found: Sequence[str]) -> str:
    """The mistake that fits, or the two between which the calls do not decide; nothing where more of them fit."""
    return " Or: ".join(found) if len(found) <= 2 else ""
