"""Name the mistake behind a failed check, where the corpus of known mistakes is at hand.

The corpus holds wrong versions of the reference's functions, so it stays with the instructor: a student's
installation has none, and nothing is named there beyond what the checks themselves recognise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from grading.submission import Call, InProcess, Submission
from grading.verdict.recognition import explanations

ROOT = Path(__file__).parents[2]
Namer = Callable[[Submission, Sequence[Call], str], list[str]]
"""From a submission, the calls of a failed check and its question's number to the mistakes that would explain them."""
FIT = "known mistakes that fit"
"""Under this name they are in the evidence of a failed check."""


def namer() -> Namer | None:
    """A namer with the corpus; None where there is no corpus."""
    if find_spec("tests.suite") is None or find_spec("tests.suite.corpus") is None:
        return None
    reference = Submission(InProcess(ROOT))  # from here on `implementations` is the reference, wherever one stands
    import tests.suite.mutants  # noqa: F401  fills the corpus
    from tests.suite.corpus import MUTANTS

    def name(submission: Submission, calls: Sequence[Call], number: str) -> list[str]:
        """Name and message of each known mistake that explains the calls."""
        known = [mutant for mutant in MUTANTS if mutant.question == number]
        if not known:  # a course's own question, which the reference does not answer either
            return []
        submission.start_check()
        try:
            found = explanations(submission, calls, known, reference)
        finally:
            submission.end_check()
        return [f"{each.name}: {each.message}" for each in found]

    return name


def looks_like(found: Sequence[str]) -> str:
    """The mistake that fits, or the two between which the calls do not decide; nothing where more of them fit."""
    return " Or: ".join(found) if len(found) <= 2 else ""
