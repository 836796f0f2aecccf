r"""What a row says about its equation: tags, reasons, "for $i = 1, \dots, K$", and a range that stands alone, $t > 1$.

A range claims nothing: read as a step, `t = 2, \dots, T` would be refuted at $t = 3$.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from derivations.reader.scanner import Piece, closing, words

QUADS: Final = frozenset((r"\quad", r"\qquad"))
TEXTS: Final = words(r"\text \mathrm \textrm \textit \mbox \textnormal")
REASONS: Final = (*"([", *words("for where with if iff since as by because when using"))
INDICES: Final = frozenset("ijklmnrst")
DOTS: Final = words(r"\dots \ldots \cdots")
CONNECTIVES: Final = words("and so thus hence therefore then andso andthus andhence sothat thatis or")
BETWEEN: Final = words(r"< > \le \leq \leqslant \ge \geq \geqslant \lt \gt \ne \neq \in")
LISTED: Final = DOTS | BETWEEN | words(r"+ - , : \{ \} { } ( ) [ ]")
FRAMES: Final = {"(": ")", "[": "]"}


def without_tags(pieces: Sequence[Piece]) -> tuple[list[Piece], str | None]:
    r"""`\tag{3}`, `\label{x}` and `\quad (3)` at the end of a row are taken off; the last tag names the display."""
    kept: list[Piece] = []
    tag, position = None, 0
    while position < len(pieces):
        piece = pieces[position]
        if piece.text in (r"\tag", r"\label") and position + 1 < len(pieces) and pieces[position + 1].text == "{":
            end = closing(list(pieces), position + 1)
            if piece.text == r"\tag":
                tag = "".join(p.text for p in pieces[position + 2 : end])
            position = end + 1
        elif (number := _numbered(pieces, position)) is not None:
            tag, position = number, position + 4
        else:
            kept.append(piece)
            position += 1
    return kept, tag


def _numbered(pieces: Sequence[Piece], position: int) -> str | None:
    r"""The number of an equation that is written at its end by hand, as in `\quad (3)`."""
    following = pieces[position : position + 5]
    texts = [piece.text for piece in following]
    ends_row = len(following) == 4 or (len(following) == 5 and following[4].kind == "row")
    is_tag = ends_row and texts[0] in QUADS and texts[1] == "(" and texts[3] == ")" and following[2].kind == "number"
    return texts[2] if is_tag else None


def is_reason(pieces: Sequence[Piece]) -> bool:
    r"""Whether `\text{...}`, with which these pieces begin, is a remark: "by Bayes", "(Jensen)", two words or more."""
    if pieces[0].text not in TEXTS or [piece.text for piece in pieces[1:2]] != ["{"]:
        return False
    inside = pieces[2 : closing(list(pieces), 1)]
    spaced = pieces[0].text != r"\mathrm" and any(not piece.adjacent for piece in inside[1:])
    return spaced or "".join(piece.text for piece in inside).startswith(REASONS)


def connects(pieces: Sequence[Piece]) -> int:
    r"""How many pieces a connective such as `\text{and}` takes, which begins another statement; 0 for anything else."""
    if pieces[0].text not in TEXTS or [piece.text for piece in pieces[1:2]] != ["{"]:
        return 0
    end = closing(list(pieces), 1)
    return end + 1 if "".join(piece.text for piece in pieces[2:end]).strip(",:").lower() in CONNECTIVES else 0


def is_range(pieces: Sequence[Piece]) -> bool:
    r"""Whether a row ends in these pieces by saying what an index runs over: $t = 2, \dots, T$, $1 < t \le T$."""
    texts = [piece.text for piece in pieces if piece.text != "&"]
    while texts and texts[-1] in (".", ",", ";"):
        texts.pop()
    if texts and FRAMES.get(texts[0]) == texts[-1]:
        texts = texts[1:-1]
    says_all = texts[:1] == [r"\forall"]
    return _runs(texts[1:] if says_all else texts, says_all)


def _runs(texts: Sequence[str], says_all: bool) -> bool:
    """Whether an index stands in a relation to its bounds, or after a quantifier alone."""
    signs = [text for text in texts if text in BETWEEN or text == "="]
    plain = all(text in LISTED or text == "=" or text.isalnum() for text in texts)
    indices = [text for text in texts if text in INDICES]
    if not plain or not indices:
        return False
    if "=" in signs:
        return signs == ["="] and texts[0] in INDICES and any(text in DOTS or text == "," for text in texts)
    first = texts[0] in INDICES or (len(signs) == 2 and texts[0].isalnum())
    return first and (bool(signs) or (says_all and len(texts) == 1))


__all__ = ["QUADS", "connects", "is_range", "is_reason", "without_tags"]
