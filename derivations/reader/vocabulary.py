"""What each mark, command and word of LaTeX is to the grammar: the terminals of latex.lark."""

from __future__ import annotations

from typing import Final

from derivations.reader.scanner import words

MARKS: Final = {
    "+": "PLUS",
    "-": "MINUS",
    "*": "TIMES",
    "/": "SLASH",
    ",": "COMMA",
    ":": "COLON",
    ";": "SEMICOLON",
    "|": "BAR",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LPAR",
    "]": "RPAR",
    "{": "LBRACE",
    "}": "RBRACE",
    "_": "SUB",
    "^": "SUP",
    "'": "PRIME",
    "&": "AMP",
    "=": "RELATION",
    "<": "RELATION",
    ">": "RELATION",
}
COMMANDS: Final = {
    r"\cdot": "TIMES",
    r"\times": "TIMES",
    r"\mid": "BAR",
    r"\vert": "BAR",
    r"\|": "NORM",
    r"\Vert": "NORM",
    r"\lVert": "NORM",
    r"\rVert": "NORM",
    r"\parallel": "NORM",
    r"\{": "LPAR",
    r"\}": "RPAR",
    r"\lbrace": "LPAR",
    r"\rbrace": "RPAR",
    r"\lbrack": "LPAR",
    r"\rbrack": "RPAR",
    r"\dots": "DOTS",
    r"\ldots": "DOTS",
    r"\cdots": "DOTS",
    r"\sum": "SUM",
    r"\prod": "PROD",
    r"\int": "INT",
    r"\log": "LOG",
    r"\ln": "LOG",
    r"\exp": "FUNCTION",
    r"\Gamma": "FUNCTION",
    r"\psi": "FUNCTION",
    r"\frac": "FRAC",
    r"\dfrac": "FRAC",
    r"\tfrac": "FRAC",
    r"\sqrt": "SQRT",
    r"\nabla": "NABLA",
    r"\partial": "PARTIAL",
    r"\prime": "PRIME",
    r"\ast": "STAR",
    r"\star": "STAR",
    r"\top": "TOP",
    r"\intercal": "TOP",
    r"\div": "SLASH",
    r"\tanh": "FUNCTION",
    r"\le": "RELATION",
    r"\leq": "RELATION",
    r"\ge": "RELATION",
    r"\geq": "RELATION",
    r"\sim": "RELATION",
    r"\neq": "RELATION",
    r"\ne": "RELATION",
    r"\in": "RELATION",
    r"\lt": "RELATION",
    r"\gt": "RELATION",
}
WORDS: Final = {
    "KL": "KL",
    "exp": "FUNCTION",
    "log": "LOG",
    "ln": "LOG",
    "digamma": "FUNCTION",
    "trigamma": "FUNCTION",
    "stopgrad": "STOP",
    "sg": "STOP",
    "stop_gradient": "STOP",
    "Gamma": "FAMILY",
    "Normal": "FAMILY",
    "Gumbel": "FAMILY",
    "Ga": "FAMILY",
    "Gam": "FAMILY",
    "Var": "VARIANCE",
    "Cov": "VARIANCE",
    "T": "TOP",
    "E": "EXPECT",
    "H": "ENTROPY",
    "const": "LETTER",
    "constant": "LETTER",
}
GREEK: Final = words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho "
    "varrho sigma tau upsilon phi varphi chi psi omega Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell"
)
ACCENTS: Final = words(r"\tilde \hat \bar \widetilde \widehat \overline \mathcal \mathbb \mathscr \mathfrak")
TEXTS: Final = words(r"\text \mathrm \operatorname \textbf \textit \textrm \mbox")
MATRICES: Final = frozenset(f"{kind}matrix" for kind in ("", "b", "p", "small")) | {"array"}
OPEN_ARGUMENT: Final = "·"
SCRIPT_VARIANCE: Final = r"\mathbb{V}"
SCRIPT_EXPECT, SCRIPT_ENTROPY = r"\mathbb{E}", (r"\mathbb{H}", r"\mathcal{H}")
RUNS: Final = ("IWELBO", "ELBO", "KL")
