r"""The contexts of the questions, one TOML page a topic, and how such a page is read.

A page states what a derivation may assume, in the notation of the derivation itself: letters by name, everything
else as LaTeX that `derivations.reader` reads. A document may carry its own page in its front matter.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from sympy import Expr, Mul, Tuple

from derivations.context import Context, Definition, Factorization, GammaConvention
from derivations.language import Relation
from derivations.reader import ReadError, read_expression, read_relation

PAGES: Final = Path(__file__).parent
LETTERS: Final = (
    "variables",
    "indexed",
    "positive",
    "negative",
    "integers",
    "matrices",
    "functions",
    "densities",
    "constants",
)
LATEX: Final = ("ranges", "latent", "factorizations", "blocks", "measures", "draws", "paths", "vary", "definitions")
OTHER: Final = ("name", "questions", "extends", "gamma", "names", "chosen", "choices")


class ContextError(ValueError):
    """A page that cannot be used; the message names the field and the remedy."""


def context_of(question: str) -> Context:
    """The context of a question of the assignment; KeyError for another number."""
    return _context(_stems()[question])


def names_at(question: str | None) -> dict[str, str]:
    """LaTeX and meaning of each name that a question's formulas may use; none for a question without a context."""
    return dict(context_of(question).names) if question in _stems() else {}


def choosable(question: str) -> tuple[str, ...]:
    """LaTeX of the names that a question's page, or the one it extends, lets a document choose."""
    return tuple(_own_or_extended(question, "chosen"))


def with_choices(question: str) -> tuple[Context, ...]:
    """The question's context under each choice that its page knows."""
    own = context_of(question)
    return tuple(replace(own, definitions=_definitions(own, texts)) for texts in _own_or_extended(question, "choices"))


def _own_or_extended(question: str, field: str) -> list[Any]:
    page = _page(_stems()[question])
    while field not in page and page.get("extends"):
        page = _page(page["extends"])
    return page.get(field, [])


def questions() -> tuple[str, ...]:
    """The questions that have a context."""
    return tuple(_stems())


@cache
def _stems() -> dict[str, str]:
    """The page of each question, by the page's name: what a page says is read when it is needed."""
    found = {question: path.stem for path in PAGES.glob("*.toml") for question in _page(path.stem).get("questions", ())}
    return dict(sorted(found.items(), key=lambda item: tuple(map(int, item[0].split(".")))))


@cache
def _context(stem: str) -> Context:
    """What one page states, read once."""
    return read_page(_page(stem))


def _page(stem: str) -> dict[str, Any]:
    return tomllib.loads((PAGES / f"{stem}.toml").read_text(encoding="utf-8"))


def read_page(page: Mapping[str, Any]) -> Context:
    """The context a page states; ContextError where it is no table, or a field is unknown or cannot be read."""
    if not isinstance(page, dict):
        raise ContextError(f"a context is a table with fields such as {', '.join(LETTERS[:3])}, not {page!r:.40}")
    unknown = set(page) - set(LETTERS) - set(LATEX) - set(OTHER)
    if unknown:
        raise ContextError(f"a context has no field {', '.join(sorted(unknown))}; known: {', '.join(LETTERS + LATEX)}")
    base = _extended(page.get("extends"))
    context = replace(base, name=str(page.get("name", base.name)))
    if "gamma" in page:
        context = replace(context, gamma=_convention(page["gamma"]))
    context = replace(context, names={**base.names, **_meanings(page.get("names", {}))})
    for field in LETTERS:
        context = replace(context, **{field: getattr(context, field) | _names(field, page.get(field, ()))})
    for field in LATEX:
        if field in page:
            context = _with(context, field, page[field])
    return context


def _extended(stem: object) -> Context:
    """The context of the page that this one extends, by question or by name of the page."""
    if stem is None:
        return Context("empty")
    if isinstance(stem, str) and (PAGES / f"{Path(stem).name}.toml").is_file():
        return _context(Path(stem).name)
    if isinstance(stem, str) and stem in questions():
        return context_of(stem)
    raise ContextError(f"extends: there is no context {stem!r}; known: {', '.join(questions())}")


def _convention(value: object) -> GammaConvention:
    try:
        return GammaConvention(value)
    except ValueError:
        raise ContextError('gamma: write "rate" or "scale"') from None


def _names(field: str, names: object) -> frozenset[str]:
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ContextError(f'{field}: write a list of names, as in ["x", "z"]')
    return frozenset(names)


def _meanings(table: object) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(meaning, str) for meaning in table.values()):
        raise ContextError("names: write LaTeX and what it means, as in 'q(Z)' = \"any density\"")
    return table


def _with(context: Context, field: str, value: Any) -> Context:
    try:
        return replace(context, **{field: _READERS[field](context, value)})
    except ReadError as error:
        raise ContextError(f"{field}: {error}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise ContextError(f"{field}: this has the wrong shape ({error})") from None


def _terms(context: Context, texts: Iterable[str]) -> tuple[Expr, ...]:
    return tuple(read_expression(text, context) for text in texts)


def _several(context: Context, text: str) -> tuple[Expr, ...]:
    """`q_1(Z_1) q_2(Z_2)` is two densities, `(Z_1, Z_2)` two variables."""
    term = read_expression(text, context)
    return term.args if isinstance(term, Mul | Tuple) else (term,)


def _factorizations(context: Context, table: Mapping[str, list[str]]) -> tuple[Factorization, ...]:
    return tuple(Factorization(name, _terms(context, factors)) for name, factors in table.items())


def _definitions(context: Context, texts: Iterable[str]) -> tuple[Definition, ...]:
    """Definitions in order: each may use those before it, and replaces one of the same left side."""
    for text in texts:
        relation: Relation = read_relation(text, context)
        context = context.with_definition(relation.left, relation.right)
    return context.definitions


def _table(context: Context, table: Mapping[str, str]) -> dict[Expr, Any]:
    return {read_expression(key, context): _several(context, text) for key, text in table.items()}


_READERS: Final[dict[str, Callable[[Context, Any], Any]]] = {
    "latent": _terms,
    "draws": _terms,
    "vary": _terms,
    "factorizations": _factorizations,
    "blocks": _table,
    "measures": lambda context, table: {name: _several(context, text) for name, text in table.items()},
    "paths": lambda context, table: {
        read_expression(k, context): read_expression(v, context) for k, v in table.items()
    },
    "ranges": lambda context, table: {name: _terms(context, bounds) for name, bounds in table.items()},
    "definitions": _definitions,
}
