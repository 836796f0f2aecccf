r"""Conventions that a question leaves open: the document's own choice holds in all of it.

$\frac1x \exp(\alpha \log x - \dots)$ and $\exp((\alpha - 1) \log x - \dots)$ are one density. Whoever says
$h(x) = 1/x$ has other natural parameters and another $A(\eta)$, and they are as right. The page of a context names what
may be chosen, and for each choice what changes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from derivations.context import Context
from derivations.contexts import choosable, context_of, with_choices
from derivations.document import Document, Kind, Part
from derivations.language import Relation, Sign
from derivations.reader import ReadError, read_display, read_expression, read_side
from derivations.verdict import Verdict

Decide = Callable[[Relation, Context], Verdict]


def chosen(question: str, document: Document, decide: Decide) -> Context:
    """The question's context, with the first choice in which all holds that the document says of what may be chosen."""
    own = context_of(question)
    said = list(_said(question, document, own)) if choosable(question) else []
    if _hold(said, own, decide):
        return own
    return next((choice for choice in with_choices(question) if _hold(said, choice, decide)), own)


def _hold(said: list[Relation], context: Context, decide: Decide) -> bool:
    return all(decide(relation, context).holds for relation in said)


def _said(question: str, document: Document, own: Context) -> Iterator[Relation]:
    """What the document says, anywhere, of the names that may be chosen."""
    names = [read_expression(name, own) for name in choosable(question)]
    for part in _formulas(document):
        try:
            chains = read_display(part.text).chains
        except ReadError:
            continue
        for chain in chains:
            if chain.signs and chain.signs[0] in (Sign.EQUAL, Sign.DEFINED) and len(chain.sides[0].pieces) < 8:
                yield from _relation(chain.sides[0].pieces, chain.sides[1].pieces, own, names)


def _relation(left: list, right: list, own: Context, names: list) -> Iterator[Relation]:
    try:
        name = read_side(left, own)
        if name in names:
            yield Relation(name, Sign.EQUAL, read_side(right, own))
    except ReadError:
        return


def _formulas(document: Document) -> Iterator[Part]:
    """Displays and the formulas of the running text."""
    yield from (part for part in document.parts if part.kind is not Kind.PROSE)
    for question in {part.question for part in document.parts if part.question is not None}:
        yield from document.running(question)
