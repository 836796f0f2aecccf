"""Sphinx configuration: Markdown pages, formulas, and code blocks that are run by the doctest builder."""

project = "Evidence"
author = "The Evidence authors"
extensions = ["myst_parser", "sphinx.ext.doctest", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
html_theme = "furo"
html_title = "Evidence"
exclude_patterns = ["_build"]
# Formulas without a resource from elsewhere: MathJax is not loaded, and pages show TeX where the browser has no MathML.
mathjax_path = ""
suppress_warnings = ["myst.header"]
