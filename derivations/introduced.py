r"""Functions that a document introduces: in `S(\mu) = \sum_n (x_n - \mu)^2` the letter is applied, not multiplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from derivations.context import Context
from derivations.language import Sign
from derivations.reader import Chain
from derivations.reader.scanner import Piece, closing, words
from derivations.reader.vocabulary import GREEK
from derivations.strangers import known_names

OPERATORS: Final = words("d e D E H C psi")  # letters with a meaning of their own before a bracket


def with_introduced(chain: Chain, context: Context) -> Context:
    """The context in which a letter without a meaning, which the chain defines at plain arguments, is applied."""
    if not chain.signs or chain.signs[0] not in (Sign.EQUAL, Sign.DEFINED):
        return context
    name = _applied(chain.sides[0].pieces)
    if name is None or name in OPERATORS or name in known_names(context) | context.functions | context.matrices:
        return context
    return replace(context, functions=context.functions | {name})


def _applied(pieces: Sequence[Piece]) -> str | None:
    r"""`S` of a side that is `S(\mu)` or `S_1(\mu, \tau)` and nothing else."""
    name = _letter(pieces[0]) if pieces else None
    if name is None:
        return None
    start = _after_subscript(pieces, 1)
    inside = pieces[start + 1 : -1]
    if [piece.text for piece in (*pieces[start : start + 1], pieces[-1])] != ["(", ")"]:
        return None
    return name if inside and _is_list_of_letters(inside) else None


def _letter(piece: Piece) -> str | None:
    if piece.kind == "command":
        return piece.text[1:] if piece.text[1:] in GREEK else None
    return piece.text if piece.kind == "letter" else None


def _after_subscript(pieces: Sequence[Piece], position: int) -> int:
    """Where a subscript that may begin here has ended."""
    if [piece.text for piece in pieces[position : position + 1]] != ["_"]:
        return position
    braced = [piece.text for piece in pieces[position + 1 : position + 2]] == ["{"]
    return closing(list(pieces), position + 1) + 1 if braced else position + 2


def _is_list_of_letters(pieces: Sequence[Piece]) -> bool:
    r"""`\alpha, x_n`: letters, each with a subscript or none, between commas."""
    position = 0
    while position < len(pieces) and _letter(pieces[position]) is not None:
        position = _after_subscript(pieces, position + 1)
        if position == len(pieces):
            return True
        if pieces[position].text != ",":
            return False
        position += 1
    return False
