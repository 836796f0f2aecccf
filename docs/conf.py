"""Sphinx configuration: Markdown pages, formulas as MathML so that no resource comes from elsewhere."""

from __future__ import annotations

from typing import Any

from docutils import nodes

from derivations.mathml import mathml

project = "Evidence"
author = "The Evidence authors"
extensions = ["myst_parser", "sphinx.ext.doctest"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Evidence"
html_math_renderer = "mathml"
exclude_patterns = ["_build"]


def inline(translator: Any, node: nodes.Element) -> None:
    """`$...$`."""
    translator.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def block(translator: Any, node: nodes.Element) -> None:
    """`$$...$$`."""
    translator.body.append(mathml(node.astext(), display=True))
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
