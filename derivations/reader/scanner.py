r"""LaTeX text to raw pieces: commands, letters, numbers, punctuation, each with its line and column.

Spacing, sizes, comments and fonts are dropped here: `\mathbf{x}`, `\boldsymbol x` and `x` are one letter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from derivations.reader.errors import ReadError
from derivations.reader.limits import MAX_CHARACTERS, MAX_DEPTH, MAX_TOKENS

RAW: Final = re.compile(
    r"(?P<newline>\\?\n)|(?P<space>[ \t\r]+)|(?P<comment>%[^\n]*)"
    r"|(?P<environment>\\(?:begin|end)\s*\{[A-Za-z]+\*?\}(?:(?<=\{array\})\s*\{[lcr|\s]*\})?)"
    r"|(?P<row>\\\\(?:\[[^\]\n]{0,20}\])?)"
    r"|(?P<command>\\[A-Za-z]+)|(?P<symbol>\\.)"
    r"|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<letter>[A-Za-z])|(?P<mark>[-+*/=<>()\[\]{}|,;:.^_&'!~])|(?P<other>.)",
    re.DOTALL,
)


def words(*lines: str) -> frozenset[str]:
    """The words of a table written as text."""
    return frozenset(word for line in lines for word in line.split())


SPACING: Final = {"\\ ", "~"} | words(
    r"\, \; \! \: \> \left \right \middle \big \Big \bigg \Bigg \bigl \bigr \Bigl \Bigr \biggl \biggr",
    r"\Biggl \Biggr \bigm \Bigm \displaystyle \textstyle \scriptstyle \limits \nolimits \nonumber \notag",
    r"\allowbreak \thinspace \medspace \thickspace \enspace \strut \hfill \hfil \nobreak",
    r"\qed \qedhere \blacksquare \square \Box \checkmark",
)
BLANKS: Final = words(r"\hspace \vspace \phantom \hphantom \vphantom \mspace")
FONTS: Final = words(r"\mathbf \boldsymbol \bm \mathbfit \vec \mathit \mathsf \mathnormal \underline \boxed")
BRACES: Final = frozenset((r"\underbrace", r"\overbrace"))
NOTES: Final = (["_", "{"], ["^", "{"])
OPENING: Final = frozenset("([{")
CLOSING: Final = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Piece:
    """A raw piece: `text` as written; `adjacent` when nothing stood between it and the piece before."""

    kind: str
    text: str
    line: int
    column: int
    adjacent: bool
    start: int = 0

    def error(self, reason: str) -> ReadError:
        """The reader's complaint about this piece."""
        return ReadError(reason, self.line, self.column, self.text[:40])


def scan(text: str, line: int = 1) -> list[Piece]:
    """The pieces of an equation; ReadError when a limit is passed. Remarks may have characters that are not LaTeX."""
    if len(text) > MAX_CHARACTERS:
        raise ReadError(f"an equation of more than {MAX_CHARACTERS} characters", line)
    pieces = list(_pieces(text, line))
    _check_nesting(pieces)
    return list(_without_fonts(pieces))


def _pieces(text: str, line: int) -> Iterator[Piece]:
    """Each piece with line and column, and whether it touches the one before."""
    start, adjacent, count = 0, False, 0
    for match in RAW.finditer(text):  # every character is of one of its kinds
        column, kind = match.start() - start + 1, str(match.lastgroup)
        if kind == "newline":
            line, start = line + 1, match.end()
        if kind in ("newline", "space", "comment") or match.group() in SPACING:
            adjacent = False
            continue
        count += 1
        if count > MAX_TOKENS:
            raise ReadError(f"an equation of more than {MAX_TOKENS} symbols", line, column)
        yield Piece(kind, match.group(), line, column, adjacent, match.start())
        adjacent = True


def named(character: str) -> str:
    """`U+2264 (less-than or equal to)`."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}" + (f" ({name.lower()})" if name else "")


def _check_nesting(pieces: list[Piece]) -> None:
    """Braces balance, and nothing is nested too deeply. Round and square brackets may be mixed in intervals."""
    depth, braces = 0, 0
    for piece in pieces:
        depth += (piece.text in OPENING) - (piece.text in CLOSING)
        braces += (piece.text == "{") - (piece.text == "}")
        if depth > MAX_DEPTH:
            raise piece.error(f"brackets nested more than {MAX_DEPTH} deep")
        if braces < 0:
            raise piece.error("a closing brace without an opening one")
    if braces:
        raise pieces[-1].error("a brace is never closed, last seen")


def _without_fonts(pieces: list[Piece]) -> Iterator[Piece]:
    """Font commands, their argument's braces, blanks and the notes under braces are dropped; the letters stay."""
    dropped: set[int] = set()
    for position, piece in enumerate(pieces):
        if piece.text in BLANKS and [p.text for p in pieces[position + 1 : position + 2]] == ["{"]:
            dropped |= set(range(position, closing(pieces, position + 1) + 1))
        if piece.text in FONTS or piece.text in BRACES:
            dropped.add(position)
            if position + 1 < len(pieces) and pieces[position + 1].text == "{":
                end = closing(pieces, position + 1)
                dropped |= {position + 1, end}
                if piece.text in BRACES and [p.text for p in pieces[end + 1 : end + 3]] in NOTES:
                    dropped |= set(range(end + 1, closing(pieces, end + 2) + 1))
    for position, piece in enumerate(pieces):
        if position not in dropped:
            yield piece


def closing(pieces: list[Piece], opening: int) -> int:
    """The position of the brace that closes the one at `opening`."""
    depth = 0
    for position in range(opening, len(pieces)):
        depth += (pieces[position].text == "{") - (pieces[position].text == "}")
        if depth == 0:
            return position
    raise pieces[opening].error("a brace is never closed")
