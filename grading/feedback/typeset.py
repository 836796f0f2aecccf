"""A student's Markdown as safe HTML: text escaped, no raw HTML, formulas as MathML."""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin

from derivations.mathml import mathml

LONGEST = 100_000
"""Characters of one answer that are shown; a longer one is cut, and says so."""


def markdown(text: str) -> str:
    """HTML of Markdown with `$...$` and `$$...$$`; links and images of the text are shown as text, never followed."""
    engine = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink"])
    engine.use(dollarmath_plugin, renderer=formula, double_inline=True)
    cut = "" if len(text) <= LONGEST else f"<p><em>Cut after {LONGEST} characters.</em></p>"
    return engine.render(text[:LONGEST]) + cut


def formula(latex: str, options: dict[str, Any]) -> str:
    """MathML of one formula; nothing in it is markup of the author's."""
    return mathml(latex, display=bool(options.get("display_mode")))


def inline(text: str) -> Markup:
    """A line of our own words with `$...$` in it, as safe HTML."""
    parts = re.split(r"\$([^$]+)\$", text)
    return Markup("").join(Markup(mathml(part)) if odd % 2 else escape(part) for odd, part in enumerate(parts))


def ticks(text: str) -> Markup:
    """A message with `names` in it, as safe HTML."""
    parts = re.split(r"`([^`\n]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )
