r"""A displayed equation to chains of sides: what stands left and right of each $=$, $\le$, $:=$ or $\sim$.

Rows of an aligned block continue the chain, arrows and commas begin another one, tags and "for $i = 1, \dots, K$"
are taken off. The sides themselves are read by the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from derivations.language import Sign
from derivations.reader.remarks import QUADS, connects, is_range, is_reason, without_tags
from derivations.reader.scanner import Piece, closing, scan, words

SIGNS: Final = {
    "=": Sign.EQUAL,
    "<": Sign.LESS,
    ">": Sign.GREATER,
    r"\lt": Sign.LESS,
    r"\gt": Sign.GREATER,
    r"\le": Sign.AT_MOST,
    r"\leq": Sign.AT_MOST,
    r"\leqslant": Sign.AT_MOST,
    r"\ge": Sign.AT_LEAST,
    r"\geq": Sign.AT_LEAST,
    r"\geqslant": Sign.AT_LEAST,
    r"\triangleq": Sign.DEFINED,
    r"\coloneqq": Sign.DEFINED,
    r"\equiv": Sign.EQUAL,
    r"\propto": Sign.PROPORTIONAL,
    r"\sim": Sign.DISTRIBUTED,
}
ARROWS: Final = words(
    r"\rightarrow \to \Rightarrow \implies \iff \Leftrightarrow \longrightarrow \Longrightarrow \therefore",
    r"\leftrightarrow \Longleftrightarrow",
)
STACKED: Final = frozenset((r"\stackrel", r"\overset", r"\underset"))
UP_TO_CONSTANT: Final = frozenset(("+", "c", "C", r"\text{c}", r"\text{const}", r"\mathrm{c}", r"\text{+}"))
ENVIRONMENTS: Final = frozenset(
    f"{name}{star}"
    for name in ("aligned", "align", "split", "gather", "gathered", "equation", "multline", "eqnarray")
    for star in ("", "*")
)


LAYOUT: Final = re.compile(
    r"\\(?:begin|end)\{(?:" + "|".join(re.escape(name) for name in sorted(ENVIRONMENTS)) + r")\}"
    r"|\\(?:tag|label)\{[^{}]*\}|\\q?quad\s*\(\d+\)\s*$|\\(?:nonumber|notag)"
)


@dataclass
class Side:
    """One side of a relation: its pieces, and where its text begins and ends."""

    pieces: list[Piece] = field(default_factory=list)
    start: int = 0
    end: int = 0


@dataclass
class Chain:
    """`sides[0] signs[0] sides[1] ...`; `arrow` when it follows from the chain before it in the same row."""

    sides: list[Side]
    signs: list[Sign] = field(default_factory=list)
    arrow: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it ends in a relation, to be continued by the next display."""
        return len(self.sides) > 1 and not self.sides[-1].pieces


@dataclass
class Display:
    """A displayed equation, split up."""

    text: str
    chains: list[Chain]
    tag: str | None = None

    def latex(self, side: Side) -> str:
        """A side as written, without the marks of alignment, tags and environments around it."""
        text = LAYOUT.sub("", re.sub(r"\s+", " ", self.text[side.start : side.end]))
        return text.strip(" &").removesuffix(r"\\").rstrip().removesuffix(r"\quad").rstrip(" &,.")


def split(text: str) -> Display:
    """The chains of a displayed equation; ReadError where it is not LaTeX."""
    pieces = [piece for piece in scan(text) if not _is_environment(piece)]
    pieces, tag = without_tags(pieces)
    splitter = _Splitter(pieces, len(text))
    splitter.run()
    chains = [chain for chain in splitter.chains if any(side.pieces for side in chain.sides)]
    return Display(text, chains, tag)


def _is_environment(piece: Piece) -> bool:
    return piece.kind == "environment" and piece.text[piece.text.index("{") + 1 : -1] in ENVIRONMENTS


class _Splitter:
    """Walks over the pieces once; only what stands outside all brackets separates."""

    def __init__(self, pieces: list[Piece], length: int) -> None:
        self.pieces, self.length = pieces, length
        self.position = 0
        self.depth = 0
        self.skipping = False
        self.chains: list[Chain] = [Chain([Side()])]
        self.row_begins = True

    def run(self) -> None:
        """All pieces, into the sides of chains.  Raises ReadError where brackets do not match."""
        while self.position < len(self.pieces):
            piece = self.pieces[self.position]
            if not self._separate(piece):
                self._keep(piece)
        for chain in self.chains:
            chain.sides[-1].end = chain.sides[-1].end or self.length
        if self.depth > 0:
            raise self.pieces[-1].error("a bracket is never closed, last seen")

    def _keep(self, piece: Piece) -> None:
        """The piece belongs to the side that is being read, unless it only lays out."""
        self.depth += _opens(piece) - _closes(piece)
        if self.depth < 0:
            raise piece.error("a closing bracket without an opening one")
        self.position += 1
        if self.skipping or piece.text in QUADS or (piece.text == "&" and not self.depth):
            return
        self.chains[-1].sides[-1].pieces.append(piece)
        self.row_begins = False

    def _separate(self, piece: Piece) -> bool:
        """Whether the piece separates (and was taken)."""
        if self.depth:
            return piece.kind == "row" and self._ignore(1)
        if piece.kind == "row":
            return self._row(piece)
        if self.skipping:
            return self._ignore(1)
        taken, sign = self._sign(piece)
        if sign is not None:
            return self._relation(piece, sign, taken)
        if self._remark(piece):
            return True
        if piece.text in ARROWS or (piece.text in ",;" and self._ends_statement()):
            return self._begin(piece, piece.text in ARROWS)
        if piece.text in (".", ",") and self._is_last():
            self._close(piece)
            return self._ignore(1)
        return False

    def _before(self) -> str:
        """The mark before this place, spaces aside."""
        before = [piece.text for piece in self.pieces[: self.position] if piece.text not in QUADS and piece.text != "&"]
        return before[-1] if before else ""

    def _ignore(self, pieces: int) -> bool:
        """Row breaks inside a matrix stay; inside other brackets they are only layout."""
        if self.depth and self._in_matrix():
            return False
        self.position += pieces
        return True

    def _in_matrix(self) -> bool:
        before = [p.text for p in self.pieces[: self.position] if p.kind == "environment"]
        return sum(1 if text.startswith(r"\begin") else -1 for text in before) > 0

    def _is_last(self) -> bool:
        rest = [p for p in self.pieces[self.position + 1 :] if p.text not in QUADS and p.text != "&"]
        return not rest or rest[0].kind == "row"

    def _ends_statement(self) -> bool:
        r"""A comma outside all brackets separates statements, unless it belongs to a list such as `1, \dots`."""
        return not self._is_last() and len(self.chains[-1].sides) > 1

    def _sign(self, piece: Piece) -> tuple[int, Sign | None]:
        """How many pieces a relation takes here, and which it is; None where there is none."""
        following = self.pieces[self.position + 1].text if self.position + 1 < len(self.pieces) else ""
        if (piece.text, following) in ((":", "="), ("=", ":")):
            return 2, Sign.DEFINED
        if piece.text in STACKED and following == "{":
            return self._stacked()
        if piece.text == r"\approx":
            raise piece.error("an approximation is not a claim that can be decided")
        return 1, SIGNS.get(piece.text)

    def _stacked(self) -> tuple[int, Sign | None]:
        r"""`\overset{(a)}{=}` is `=`; a `+` or `c` above it means "up to a constant"."""
        middle = closing(self.pieces, self.position + 1)
        note = "".join(p.text for p in self.pieces[self.position + 2 : middle])
        end = closing(self.pieces, middle + 1) if self.pieces[middle + 1 : middle + 2] else middle
        sign = SIGNS.get("".join(p.text for p in self.pieces[middle + 2 : end]))
        exact = sign is not Sign.EQUAL or note not in UP_TO_CONSTANT
        return end - self.position + 1, sign if exact else Sign.EQUAL_UP_TO_CONSTANT

    def _relation(self, piece: Piece, sign: Sign, taken: int) -> bool:
        self._close(piece)
        chain = self.chains[-1]
        if chain.is_open:
            chain.signs[-1] = sign
        else:
            chain.signs.append(sign)
            chain.sides.append(Side(start=_end(self.pieces[self.position + taken - 1])))
        self.row_begins = False
        self.position += taken
        return True

    def _close(self, piece: Piece) -> None:
        self.chains[-1].sides[-1].end = piece.start

    def _begin(self, piece: Piece, arrow: bool, taken: int = 1) -> bool:
        self._close(piece)
        self.position += taken
        self.chains.append(Chain([Side(start=_end(self.pieces[self.position - 1]))], arrow=arrow))
        return True

    def _row(self, piece: Piece) -> bool:
        """The next row continues the chain when it begins with a relation, or with `&` or a sign and no relation."""
        if not self.skipping:
            self._close(piece)
        self.position += 1
        self.skipping = False
        row = [p for p in self._rest_of_row() if p.text not in QUADS]
        bare = [p for p in row if p.text != "&"]
        if not bare or self.chains[-1].is_open:
            return True
        continues = bare[0].text in SIGNS or bare[0].text in STACKED or [p.text for p in bare[:2]] == [":", "="]
        goes_on = row[0].text == "&" or bare[0].text in ("+", "-", r"\cdot", r"\times")
        if not continues and (not goes_on or _relates(row)):
            self.chains.append(Chain([Side(start=_end(piece))]))
        return True

    def _rest_of_row(self, after: int = 0) -> Iterator[Piece]:
        for piece in self.pieces[self.position + after :]:
            if piece.kind == "row":
                return
            yield piece

    def _remark(self, piece: Piece) -> bool:
        r"""`\text{for } i = 1, \dots, K`, and after a space or comma `t > 1`, are remarks to the end of their row."""
        following = self.pieces[self.position :]
        if taken := connects(following):
            return self._begin(piece, self.chains[-1].arrow, taken)
        empty = not self.chains[-1].sides[-1].pieces
        begins = piece.text in QUADS or piece.text == ","
        rest = [p for p in self._rest_of_row(begins) if p.text not in QUADS]
        if not ((is_range(rest) and not empty) if begins else is_reason(following)):
            return False
        if empty and self._before() not in (",", ";"):
            return False
        self._close(piece)
        self.skipping = True
        self.position += 1
        return True


def _end(piece: Piece) -> int:
    return piece.start + len(piece.text)


def _relates(row: list[Piece]) -> bool:
    """Whether a relation stands outside all brackets of the row."""
    depth = 0
    for piece in row:
        depth += _opens(piece) - _closes(piece)
        if depth == 0 and piece.text in SIGNS:
            return True
    return False


def _opens(piece: Piece) -> int:
    return piece.text in ("(", "[", "{", r"\{") or piece.text.startswith(r"\begin")


def _closes(piece: Piece) -> int:
    return piece.text in (")", "]", "}", r"\}") or piece.text.startswith(r"\end")
