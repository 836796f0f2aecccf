"""The annotated page: the document with its equations in MathML, each marked with its verdict.

The page is one file without scripts, and nothing in it is fetched. A verdict is a word and a sign besides a colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

from derivations.document import Kind, Part
from derivations.mathml import mathml
from derivations.report import DocumentReport, Equation

SIGNS: Final = {"proved": "✓", "supported": "≈", "refuted": "✗", "undecided": "?", "recorded": "•", "unread": "⚠"}
MEANING: Final = {
    "proved": "reduced to an identity by sound rules",
    "supported": "no proof found, but it holds in every test to 50 digits",
    "refuted": "a counterexample shows both sides",
    "undecided": "neither proved nor refuted",
    "recorded": "a definition or condition, nothing to refute",
    "unread": "could not be read",
}
TONES: Final = {"reached": "proved", "refuted": "refuted", "undecided": "undecided", "not found": "refuted"}


@dataclass(frozen=True)
class Block:
    """A stretch of prose (HTML) or an equation."""

    prose: Markup | None
    equation: Equation | None


def render_html(report: DocumentReport, title: str = "Derivations") -> str:
    """The whole page as text."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["math"] = lambda latex, display=False: Markup(mathml(latex, display))
    template = environment.from_string(files("derivations").joinpath("report.html").read_text(encoding="utf-8"))
    return template.render(
        title=title,
        report=report,
        blocks=list(_blocks(report)),
        signs=SIGNS,
        meaning=MEANING,
        tones=TONES,
        first=_first_wrong(report),
    )


def _blocks(report: DocumentReport) -> Iterator[Block]:
    equations = iter(report.equations)
    markdown = _markdown()
    for part in report.parts:
        if part.kind is Kind.PROSE:
            yield Block(_prose(markdown, part), None)
        elif part.kind is Kind.DISPLAY:
            yield Block(None, next(equations))


def _prose(markdown: MarkdownIt, part: Part) -> Markup:
    return Markup(markdown.render(part.text))


def _markdown() -> MarkdownIt:
    """Markdown without raw HTML, images or links: a page that fetches nothing."""
    markdown = MarkdownIt("commonmark", {"html": False}).use(dollarmath_plugin, renderer=_inline, allow_labels=False)
    return markdown.disable(["image", "link", "autolink", "html_inline", "html_block"])


def _inline(content: str, options: dict[str, Any]) -> str:
    return mathml(content, options["display_mode"])


def _first_wrong(report: DocumentReport) -> list[tuple[str | None, Equation, int]]:
    """The first wrong step of each question that has one."""
    found = ((question, report.first_wrong(question)) for question in report.questions)
    return [(question, *wrong) for question, wrong in found if wrong is not None]
