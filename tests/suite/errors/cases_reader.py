"""Equations that cannot be read: `evidence check` shows each with its line and column, and goes on."""

from __future__ import annotations

from tests.suite.errors.case import Case

CONTEXT = r"""
variables = ["X", "Z", "x", "z"]
indexed = ["x", "Z"]
integers = ["N", "K"]
functions = ["L"]
densities = ["p", "q", "r"]
ranges = { n = ["1", "N"] }
measures = { q = 'q(Z)' }
definitions = ['\eta = (\alpha, \beta)']
"""

UNREADABLE = {
    # What is no LaTeX, or more of it than an equation has.
    "a = é": "line 2, column 5: the character U+00E9 (latin small letter e with acute) is not LaTeX here",
    "a = " + "b" * 20_001: "line 2, column 1: an equation of more than 20000 characters",
    "a = " + "b + " * 2_000: "an equation of more than 1500 symbols",
    "a = " + "(" * 50 + ")" * 50: "line 2, column 45: brackets nested more than 40 deep at `(`",
    "a = " + "b " * 320: "more than 300 factors or operators inside each other",
    "a = }": "line 2, column 5: a closing brace without an opening one at `}`",
    r"a = \frac{1}{2": "line 2, column 14: a brace is never closed, last seen at `2`",
    r"\mathcal{ ) = ( }": "line 2, column 9: a brace is never closed at `{`",
    "a = (1": "line 2, column 6: a bracket is never closed, last seen at `1`",
    "a = )": "line 2, column 5: a closing bracket without an opening one at `)`",
    "a = !": "line 2, column 5: this mark cannot be read here at `!`",
    r"a = \foo": r"line 2, column 5: this command is not of the language at `\foo`",
    r"a = \mathcal": r"line 2, column 5: a command without its argument at `\mathcal`",
    r"a = \begin{cases} 1 \end{cases}": "line 2, column 5: the environment cases cannot be read here",
    r"a \approx b": r"line 2, column 3: an approximation is not a claim that can be decided at `\approx`",
    "a + = b": "line 2, column 3: the expression ends too early, after at `+`",
    "a = b ^ ^ c": "line 2, column 9: this cannot stand here at `^`",
    # Numbers.
    "a = " + "1" * 50: "line 2, column 5: a number of more than 40 digits at `111111111111…`",
    "a = 9^{99999}": "line 2, column 5: a power with more than 4096 bits at `^`",
    "a = " + "9^{400} " * 30: "line 2, column 5: a number with more than 8192 bits at `9`",
    "a = b^{99999}": "line 2, column 5: an exponent of more than 1000 at `^`",
    "a = e^{e^{e^{100}}}": "line 2, column 5: a tower of powers of numbers at `^`",
    r"a = \Gamma(99999)": "line 2, column 5: a special function of a number this large or fine at `99999`",
    r"a = \frac{1}{0}": r"line 2, column 5: a division by zero at `\frac`",
    r"a = \sqrt{(1, 2)}": r"line 2, column 5: this is not a number at `\sqrt`",
    # Scripts.
    "a = 2_3": "line 2, column 5: a number cannot carry this script at `2`",
    "a = x_1_2": "line 2, column 5: two subscripts or two superscripts on one letter at `_`",
    "a = (b)_2": "line 2, column 5: a bracket cannot carry this script at `_`",
    r"a = \exp^*(b)": r"line 2, column 5: \exp cannot carry this script at `\exp`",
    r"a = \|b\|^3": r"line 2, column 5: only the square of a norm can be read at `\|`",
    r"a = \log_2 b": r"line 2, column 5: only the natural logarithm can be read at `\log`",
    # Letters.
    r"a = \eta^2": "line 2, column 5: a list of parameters cannot carry a superscript; write its components",
    "a = b_{1:2}": "line 2, column 5: b has no members that this subscript could mean at `b`",
    "a = x_{1,2}": "line 2, column 5: x has one index, not 2 at `x`",
    "a = x_{n=1}": "line 2, column 5: this subscript is no index of x at `x`",
    "a = L_{1:2}": "line 2, column 5: L cannot carry this subscript at `L`",
    "a = L(x | z)": "line 2, column 5: L is not a density of this question at `L`",
    # Densities.
    "a = r": "line 2, column 5: which density is r? Write it with its arguments at `r`",
    "a = q(b)": "line 2, column 5: none of the arguments of q is a random variable of this question at `q`",
    "a = q^2": "line 2, column 5: a density cannot carry this superscript at `q`",
    "a = q^2(Z)": "line 2, column 5: write the power of a density after its argument at `q`",
    r"a = q(\cdot | x)": "line 2, column 7: the context does not say which variable the dot stands for at `·`",
    "a = q_{1:2}(Z)": "line 2, column 5: this subscript is neither a parameter nor a number at `q`",
    r"a = \mathcal{N}(z)": "line 2, column 5: write Normal as Normal(x | first, second)",
    r"a = \log p(X) q(Z)": r"is this the log of the product? Write \log(p q), or q \log p at `\log`",
    # Lists and matrices.
    "a = (1, 2) b": "line 2, column 5: a list cannot be multiplied at `(`",
    r"a = (\dots, b)": "line 2, column 5: dots without a first and a last term at `(`",
    r"a = (x_1, \dots, Z_2)": "line 2, column 5: dots between members of two families",
    r"a = (x_1, \dots, b)": "line 2, column 5: dots between terms that do not belong to one family",
    r"a = (q(Z_1), \dots, p(Z_1))": "line 2, column 5: dots between densities that do not belong to one family",
    r"a = (q(Z_1), \dots, p(Z_2))": "line 2, column 5: dots between densities that do not belong to one family",
    r"a = \begin{matrix} 1 & 2 \\ 3 \end{matrix}": "line 2, column 5: the rows of this matrix have different lengths",
    # Derivatives, sums, expectations, integrals.
    r"a = \nabla c": r"line 2, column 5: a gradient must say in what it is taken, as in \nabla_\phi at `\nabla`",
    r"a = \nabla_{n=1} c": r"line 2, column 5: a gradient must say in what it is taken, as in \nabla_\phi at `\nabla`",
    r"a = \nabla^3_b c": r"line 2, column 5: a gradient cannot carry this superscript at `\nabla`",
    r"a = \nabla_{\text{abc}, b} c": r"line 2, column 5: this cannot stand in a list of terms at `\nabla`",
    r"a = \frac{\partial^3 b}{\partial c^3}": "line 2, column 11: only first and second derivatives can be read",
    r"a = \frac{\partial b}{\partial 3}": "line 2, column 11: this is nothing to differentiate in",
    r"a = \frac{\delta b}{\delta c}": "line 2, column 11: a functional derivative is in a density with its arguments",
    r"a = \sum b": r"line 2, column 5: a sum or product needs one index below it at `\sum`",
    r"a = \sum_{2} b": r"line 2, column 5: the index of a sum or product must be one letter at `\sum`",
    r"a = \sum_m b": r"line 2, column 5: the context gives no range for the index m at `\sum`",
    r"a = \sum_{n \in K} b": r"line 2, column 5: this condition on an index cannot be read at `\sum`",
    r"a = \sum_{j \neq 1} b": r"line 2, column 5: this condition on an index cannot be read at `\sum`",
    r"a = \sum_n q_n(Z)": "line 2, column 5: densities numbered by n need a range such as n = 1, ..., 3",
    r"a = \mathbb{E}^2[b]": "line 2, column 5: an expectation cannot carry this superscript",
    r"a = \mathbb{E}_{2}[b]": "line 2, column 5: the context does not say whose members these are",
    r"a = \mathbb{E}_{b^2}[c]": "line 2, column 5: what an expectation is over must be densities or variables",
    r"a = \mathbb{E}_{q(Z), b}[c]": "line 2, column 5: what an expectation is over must be densities or variables",
    r"a = \mathbb{E}_{z \sim 2}[b]": "line 2, column 5: what an expectation is over must be densities or variables",
    r"a = \mathbb{E}_{z \sim q(Z, X)}[b]": "line 2, column 5: q(X, Z) is not a density of these variables",
    r"a = \mathbb{E}_{j \neq 1}[b]": "line 2, column 5: the context does not say whose members these are",
    r"a = \text{Cov}[b, c, z]": "line 2, column 5: a variance is of one number, a covariance of two at `Cov`",
    r"a = KL(b \| c)": "line 2, column 5: both sides of a divergence must be densities at `KL`",
    r"a = \int b \, dK": "line 2, column 15: K is no variable to integrate over at `d`",
    r"a = \int_0^1 b \, dz": r"line 2, column 5: an integral over a part of the space cannot be read at `\int`",
}


def unreadable(latex: str, says: str) -> Case:
    """A page with one equation."""
    files = {"a.md": f"$$\n{latex}\n$$\n", "context.toml": CONTEXT}
    return Case("evidence check a.md --context context.toml", (says,), files, code=0)


CASES = [unreadable(latex, says) for latex, says in UNREADABLE.items()]
