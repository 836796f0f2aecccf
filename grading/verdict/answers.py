"""`answers.md` by question: the text under each heading, and what the reader of derivations makes of it."""

from __future__ import annotations

from derivations.check import NO_GOALS, Goals, check_document
from derivations.document import Kind, parts_of
from derivations.reader import ReadError
from derivations.report import DocumentReport
from derivations.verdict import undecided


def sections(text: str) -> dict[str, str]:
    """The Markdown under each question's heading, by number; text before the first such heading belongs to none.

    A question may have several headings; their texts are joined.  A document that is too long has no sections.
    """
    try:
        parts = [part for part in parts_of(text) if part.kind is not Kind.INLINE]
    except ReadError:
        return {}
    lines, found = text.splitlines(), dict[str, str]()
    starts = [part.line for part in parts[1:]] + [len(lines) + 1]
    for part, end in zip(parts, starts, strict=False):
        if part.question is not None:
            written = "\n".join(lines[part.line - 1 : end - 1])
            found[part.question] = f"{found[part.question]}\n{written}" if part.question in found else written
    return {number: without_heading(written) for number, written in found.items()}


def without_heading(written: str) -> str:
    """The text below its heading."""
    first, _, rest = written.lstrip("\n").partition("\n")
    return rest if first.startswith(("#", "**")) else written


def at_a_glance(text: str, goals: Goals = NO_GOALS) -> DocumentReport:
    """What can be said without deciding any step: which equations cannot be read, and which goals no line gives."""
    return check_document(text, decide=lambda relation, context: undecided("not asked"), goals=goals)
