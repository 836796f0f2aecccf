r"""A Markdown write-up to what matters here: prose, displayed equations, definitions in the running text.

A display is `$$ ... $$`, `\[ ... \]` or a bare `align`, `equation`, `gather` or `multline`. The question it belongs to
is the last number such as 2.2.14 in a heading or in a bold line. Code blocks are left alone. TOML between two lines
`+++` at the top is front matter: `[context]` for the whole document, `[contexts."1.1.1"]` for one question.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from derivations.reader.errors import ReadError
from derivations.reader.limits import MAX_DOCUMENT

ENVIRONMENTS: Final = r"(?:align|aligned|equation|gather|multline|eqnarray)\*?"
OPENING: Final = re.compile(
    r"(?P<escape>\\[$\\])|(?P<fence>^(?:```|~~~))|(?P<code>`[^`\n]+`)|(?P<double>\$\$)|(?P<bracket>\\\[)"
    rf"|(?P<environment>\\begin\{{{ENVIRONMENTS}\}})"
    r"|(?P<heading>^\#{1,6}[ \t][^\n]*)|(?P<bold>^\*\*[^\n]{1,200}\*\*[ \t]*$)|(?P<inline>\$)",
    re.MULTILINE,
)
QUESTION: Final = re.compile(r"(?<![\d.])(\d\.\d\.\d{1,2})(?![\d.]*\d)")
DEFINES: Final = re.compile(r"(?:\b(?:let|define|denote|set|where|write)\b[^.$]{0,40}|^[-*][ \t]+)$", re.IGNORECASE)
RUNNING: Final = re.compile(r"(?<![\\$])\$([^$]{3,2000}?)\$(?!\$)")
RELATES: Final = re.compile(r"[=<>]|\\(?:le|ge|leq|geq|propto)\b")
FRONT: Final = re.compile(r"\A\s*\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)


class Kind(Enum):
    """What a part of the document is."""

    PROSE = "prose"
    DISPLAY = "display"
    INLINE = "inline"


@dataclass(frozen=True)
class Part:
    """A stretch of the document; `text` is the LaTeX alone for displays and definitions in the text."""

    kind: Kind
    text: str
    line: int
    question: str | None
    problem: str | None = None


@dataclass
class Document:
    """The parts in order, and the front matter."""

    parts: list[Part]
    front: dict[str, Any] = field(default_factory=dict)

    def running(self, question: str) -> Iterator[Part]:
        """The relations in a question's running text, which are no steps of a derivation."""
        for part in self.parts:
            if part.kind is Kind.PROSE and part.question == question:
                for match in RUNNING.finditer(part.text):
                    if RELATES.search(match.group(1)):
                        line = part.line + part.text.count("\n", 0, match.start())
                        yield Part(Kind.INLINE, match.group(1).strip(), line, question)

    @property
    def displays(self) -> list[Part]:
        """The displayed equations, in order."""
        return [part for part in self.parts if part.kind is Kind.DISPLAY]


def parse_document(text: str) -> Document:
    """The parts of a Markdown text; ReadError if it is too long or its front matter is broken."""
    parts, front = parts_of(text), FRONT.match(text)
    return Document(parts, _front(front.group(1)) if front else {})


def parts_of(text: str) -> list[Part]:
    """The parts alone, whatever its front matter says.  ReadError if the text is too long."""
    if len(text) > MAX_DOCUMENT:
        raise ReadError(f"a document of more than {MAX_DOCUMENT} characters")
    front = FRONT.match(text)
    return list(_Walk(text, front.end() if front else 0).parts())


def _front(text: str) -> dict[str, Any]:
    """The front matter.  Raises ReadError."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"the front matter is not TOML: {error}") from None


class _Walk:
    """One pass over the text, from one opening mark to the next."""

    def __init__(self, text: str, start: int) -> None:
        self.text, self.position, self.prose = text, start, start
        self.question: str | None = None
        self.lines = [match.end() for match in re.finditer("\n", text)]
        self.unclosed: set[str] = set()

    def parts(self) -> Iterator[Part]:
        """Headings, displays, inline formulas and the prose between them, in their order."""
        while (match := OPENING.search(self.text, self.position)) is not None:
            self.position = match.end()
            kind = str(match.lastgroup)
            if kind == "fence":
                self._after(match.group(), "\n" + match.group())
            elif kind in ("heading", "bold"):
                yield from self._heading(match)
            elif kind in ("double", "bracket", "environment"):
                yield from self._display(match, kind)
            elif kind == "inline":
                yield from self._inline(match)
        yield from self._prose_before(len(self.text))

    def _line(self, position: int) -> int:
        return bisect_right(self.lines, position) + 1

    def _close(self, mark: str) -> int:
        """Where the closing mark stands, or -1; a mark that never comes is searched for only once."""
        where = -1 if mark in self.unclosed else self.text.find(mark, self.position)
        if where < 0:
            self.unclosed.add(mark)
        return where

    def _after(self, _opening: str, closing: str) -> None:
        where = self._close(closing)
        self.position = len(self.text) if where < 0 else where + len(closing)

    def _prose_before(self, end: int) -> Iterator[Part]:
        if self.text[self.prose : end].strip():
            yield Part(Kind.PROSE, self.text[self.prose : end], self._line(self.prose), self.question)
        self.prose = end

    def _heading(self, match: re.Match[str]) -> Iterator[Part]:
        """The prose before it; a question's number in it holds from here on."""
        number = QUESTION.search(match.group())
        if number is not None:
            yield from self._prose_before(match.start())
            self.question = number.group(1)

    def _display(self, match: re.Match[str], kind: str) -> Iterator[Part]:
        """The prose before it and the equation, or why it does not end."""
        yield from self._prose_before(match.start())
        closing = {"double": "$$", "bracket": r"\]"}.get(kind) or match.group().replace("begin", "end")
        end = self._close(closing)
        begin = match.start() if kind == "environment" else match.end()
        if end < 0:
            rest = self.text[begin : begin + 200]
            yield Part(Kind.DISPLAY, rest, self._line(begin), self.question, f"no {closing} closes this equation")
            self.position = self.prose = len(self.text)
            return
        stop = end + len(closing) if kind == "environment" else end
        latex = self.text[begin:stop]
        blank = len(latex) - len(latex.lstrip())
        yield Part(Kind.DISPLAY, latex.strip(), self._line(begin + blank), self.question)
        self.position = self.prose = end + len(closing)

    def _inline(self, match: re.Match[str]) -> Iterator[Part]:
        r"""`Let $W_k = ...$` and a list item `- $h(x) = 1$` define; other inline mathematics is prose."""
        end = self._close("$")
        if end < 0 or "\n\n" in self.text[match.end() : end]:
            return
        latex = self.text[match.end() : end].strip()
        before = self.text[max(self.text.rfind("\n", 0, match.start()) + 1, match.start() - 80) : match.start()]
        self.position = end + 1
        if "=" in latex and DEFINES.search(before):
            yield Part(Kind.INLINE, latex, self._line(match.end()), self.question)
