r"""LaTeX to the language: `read_expression`, `read_relation`, `read_display`.

Nothing submitted reaches `eval`, `sympify` or `parse_expr`: a lark grammar (latex.lark) parses, and each rule
builds its term. What cannot be read raises `ReadError` with its line, column and token.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, VisitError
from lark.lexer import Lexer as LarkLexer
from sympy import Expr, Tuple

from derivations.context import Context
from derivations.densities import VariableRange
from derivations.language import Relation, Sign
from derivations.reader.errors import ReadError
from derivations.reader.lexer import Lexer
from derivations.reader.limits import shallow
from derivations.reader.operators import Operators
from derivations.reader.products import with_products_ended
from derivations.reader.scanner import Piece, scan
from derivations.reader.statement import Chain, Display, Side, split

GRAMMAR = Path(__file__).with_name("latex.lark")


class _Given(LarkLexer):
    """The tokens are made before: what lark is given is already a list of them."""

    def __init__(self, _config: Any) -> None:
        pass

    def lex(self, tokens: Any) -> Any:  # type: ignore[override]
        """The tokens, one by one."""
        return iter(tokens)


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR.read_text(), parser="lalr", lexer=_Given, maybe_placeholders=False)


def read_side(pieces: Sequence[Piece], context: Context) -> Any:
    """One side of a relation; ReadError where it cannot be read."""
    if not pieces:
        raise ReadError("nothing stands on this side")
    tokens = with_products_ended(Lexer(list(pieces), context).lex())
    try:
        tree = shallow(_parser().parse(tokens))  # type: ignore[arg-type]
        return Operators(context).transform(tree)
    except ReadError as error:
        raise error.placed(pieces[0]) from None
    except UnexpectedInput as error:
        raise _unexpected(error, pieces[-1]) from None
    except VisitError as error:
        raise _located(error, pieces[0]) from None
    except RecursionError:
        raise pieces[0].error("this is nested too deeply to be read, from here") from None


def _unexpected(error: UnexpectedInput, last: Piece) -> ReadError:
    """The parser's error in words, at the symbol that it could not take."""
    token = getattr(error, "token", None)
    if not isinstance(token, Token) or token.type == "$END":
        return ReadError("the expression ends too early, after", last.line, last.column, last.text)
    return ReadError("this cannot stand here", token.line or 1, token.column or 1, str(token))


def _located(error: VisitError, first: Piece) -> ReadError:
    """A complaint of a rule; one without a place of its own gets the place where the side begins."""
    cause = error.orig_exc
    if isinstance(cause, RecursionError):
        return first.error("this is nested too deeply to be read, from here")
    if not isinstance(cause, ReadError):
        return first.error(f"this has no meaning here ({type(cause).__name__}: {cause})")
    return cause.placed(first)


def read_expression(text: str, context: Context) -> Expr:
    r"""One term, as in `read_expression(r"\mathbb{E}_{q(Z)}[\log p(X, Z)]", context)`."""
    return read_side(scan(text), context)


def read_relation(text: str, context: Context) -> Relation:
    """One relation between two sides."""
    chains = split(text).chains
    if len(chains) != 1 or len(chains[0].sides) != 2:
        raise ReadError("this is not one relation between two sides")
    left, right = (read_side(side.pieces, context) for side in chains[0].sides)
    return Relation(left, chains[0].signs[0], right)


def read_display(text: str) -> Display:
    """A displayed equation split into chains of sides, which `read_side` reads one by one."""
    return split(text)


__all__ = [
    "Chain",
    "Display",
    "ReadError",
    "Relation",
    "Side",
    "Sign",
    "Tuple",
    "VariableRange",
    "read_display",
    "read_expression",
    "read_relation",
    "read_side",
]
