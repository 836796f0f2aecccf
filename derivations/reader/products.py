r"""Where the operand of $\prod$ ends: before a new bracket group, sum or product that does not use its index.

In `\prod_i q_i(Z_i) \{ \log p(X, Z) - \sum_i \log q_i(Z_i) \}` (Bishop 2006, equation 10.6) the braces hold what is
averaged, not a factor of each member. For $\sum$ the two readings are one.
"""

from __future__ import annotations

from typing import Final

from lark import Token

OPENS, CLOSES = frozenset(("LPAR", "LBRACE", "BEGIN")), frozenset(("RPAR", "RBRACE", "END"))
STOPS: Final = CLOSES | {"PLUS", "MINUS", "COMMA", "AMP", "NEWROW", "BAR", "KLBAR", "DIFF", "RELATION", "NORMEND"}
WHOLE: Final = frozenset(("LETTER", "NUMBER", "GROUP"))  # kinds of factors that no bracket is the argument of
CELLS: Final = {"FRAC": 2, "SQRT": 1}
GROUPING: Final = frozenset(("[", r"\{", r"\lbrace", r"\lbrack"))


def with_products_ended(tokens: list[Token]) -> list[Token]:
    """The tokens with braces around each product that a bracket group follows."""
    for start in reversed([position for position, token in enumerate(tokens) if token.type == "PROD"]):
        end = _end(tokens, start)
        if end is not None:
            opening, closing = (Token(kind, text) for kind, text in (("LBRACE", "{"), ("RBRACE", "}")))
            tokens = [*tokens[:start], opening, *tokens[start:end], closing, *tokens[end:]]
    return tokens


def _end(tokens: list[Token], start: int) -> int | None:
    """The position of the bracket that ends the product beginning at `start`, if one does."""
    index = _index(tokens, start)
    position, factor = start + 1, ""
    while index is not None and position < len(tokens) and tokens[position].type not in STOPS:
        token = tokens[position]
        if token.type == "LPAR" and _begins_anew(token, factor) and not _uses(tokens, position, index):
            return position
        if token.type in ("PROD", "SUM") and factor and not _goes_on(tokens, position, index):
            return position
        if token.type in ("SUB", "SUP"):
            position = _after(tokens, position + 1)
            continue
        factor = "GROUP" if token.type in OPENS or token.type in CELLS else token.type
        position += token.type in CELLS
        for _ in range(CELLS.get(token.type, 1)):
            position = _after(tokens, position)
    return None


def _goes_on(tokens: list[Token], position: int, index: str) -> bool:
    r"""Whether a sum or product belongs to each member of the product before it, as one that uses its index does."""
    if _index(tokens, position) == index:
        return False
    return any(token.type == "LETTER" and token == index for token in tokens[position:])


def _begins_anew(bracket: Token, factor: str) -> bool:
    r"""Whether a bracket after this factor is no argument of it: `q_i \{` is none, `\log [` is one."""
    return bracket.value in GROUPING and (factor in WHOLE or (factor == "DENSITY" and bracket.value != "["))


def _index(tokens: list[Token], mark: int) -> str | None:
    """The letter that a sum or product counts with."""
    below = [token for token in tokens[mark + 1 : mark + 4] if token.type != "LBRACE"]
    counted = len(below) > 1 and below[0].type == "SUB" and below[1].type == "LETTER"
    return str(below[1]) if counted else None


def _uses(tokens: list[Token], opening: int, index: str) -> bool:
    """Whether the group uses the index, other than under a sum or product of its own."""
    for position in range(opening, _after(tokens, opening)):
        if tokens[position].type in ("SUM", "PROD") and _index(tokens, position) == index:
            return False
        if tokens[position].type == "LETTER" and tokens[position] == index:
            return True
    return False


def _after(tokens: list[Token], position: int) -> int:
    """Where the token, or the group that it opens, has ended."""
    depth = 0
    for place in range(position, len(tokens)):
        depth += (tokens[place].type in OPENS) - (tokens[place].type in CLOSES)
        if depth <= 0:
            return place + 1
    return len(tokens)
