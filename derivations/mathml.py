"""LaTeX to MathML for the annotated page; what cannot be converted is shown as written."""

from __future__ import annotations

import html
import re
from typing import Final
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

MAX_LENGTH: Final = 6_000
NUMBERING: Final = re.compile(r"\\(?:tag|label)\{[^{}]*\}|\\(?:nonumber|notag)|\\q?quad\s*\(\d+\)\s*$")

ROWS: Final = re.compile(
    r"\\(begin|end)\{(?:align|aligned|equation|flalign|gather|gathered|multline|eqnarray)\*?\}(?:\[[tcb]\])?"
)
"""Environments of rows; the converter knows one without numbers, and writes `&` where it meets another."""


def mathml(latex: str, display: bool = False) -> str:
    """A `<math>` element, or the LaTeX itself in `<code>`; nothing in it is markup of the author's."""
    plain = ROWS.sub(r"\\\1{align*}", NUMBERING.sub("", latex)).strip()
    if r"\begin" not in plain and r"\\" in plain:
        plain = rf"\begin{{align*}}{plain}\end{{align*}}"
    if not plain or len(plain) > MAX_LENGTH:
        return as_written(latex)
    try:
        element = convert_to_element(plain, display="block" if display else "inline")
    except Exception:  # the converter raises errors of many kinds for LaTeX it does not know
        return as_written(latex)
    _decode(element)
    _align(element)
    return tostring(element, encoding="unicode")


def as_written(latex: str) -> str:
    """LaTeX as text."""
    shown = latex if len(latex) <= MAX_LENGTH else latex[:MAX_LENGTH] + " …"
    return f"<code>{html.escape(shown)}</code>"


def _decode(element: Element) -> None:
    """The converter writes characters as entities in the text; they become characters, `<` is escaped later."""
    for node in element.iter():
        node.text = html.unescape(node.text) if node.text else node.text
        node.tail = html.unescape(node.tail) if node.tail else node.tail


def _align(element: Element) -> None:
    """Browsers do not read `columnalign` any more, only its style (MathML Core)."""
    for cell in element.iter("mtd"):
        if (side := cell.get("columnalign")) in ("left", "right", "center"):
            cell.set("style", f"text-align: {side}; padding: .2em 0" if side != "center" else "text-align: center")
