"""The reader: notations that mean the same read the same, those that do not read differently, the rest is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Rational, Symbol, gamma, log, pi, polygamma

from derivations.context import Context
from derivations.contexts import context_of
from derivations.language import (
    KL,
    Array,
    Bare,
    E,
    Expectation,
    Gradient,
    IndexedProduct,
    IndexedSum,
    Marginal,
    Normal,
    Quantity,
    Sign,
    Transposed,
    Variable,
    densities,
    variables,
)
from derivations.reader import ReadError, read_display, read_expression, read_relation

X, Z, x, z = variables("X Z x z")
p, q = densities("p q")
PLAIN = Context(
    "plain",
    variables=frozenset("XZxz"),
    indexed=frozenset({"x"}),
    positive=frozenset({"tau"}),
    integers=frozenset({"N", "T", "t", "i", "n"}),
    functions=frozenset({r"\mathcal{L}", "L"}),
    matrices=frozenset({"J", "F"}),
    densities=frozenset("pqP"),
    ranges={"t": (1, Symbol("T", integer=True, positive=True)), "n": (1, Symbol("N", integer=True, positive=True))},
)
t, n, i, N, T = (PLAIN.symbol(name) for name in ["t", "n", "i", "N", "T"])


def read(latex: str, context: Context = PLAIN) -> Expr:
    return read_expression(latex, context)


MEANINGS = {
    r"\prod_n p(x_n) [\tau + 1]": IndexedProduct(p(Variable("x", n)), n, 1, N) * (PLAIN.symbol("tau") + 1),
    r"\prod_n p(x_n) [n + 1]": IndexedProduct(p(Variable("x", n)) * (n + 1), n, 1, N),
    r"\prod_n p(x_n) \log[\tau]": IndexedProduct(p(Variable("x", n)) * log(PLAIN.symbol("tau")), n, 1, N),
    r"\frac{\delta}{\delta q(Z)} q(Z)": Gradient(q(Z), q(Z)),
    r"\frac{\delta}{\delta + 1}": PLAIN.symbol("delta") / (PLAIN.symbol("delta") + 1),
    r"\begin{array}{cc} 1 & \tau \end{array}": Array([[1, PLAIN.symbol("tau")]]),
    r"\partial_\tau p(X)": Gradient(p(X), PLAIN.symbol("tau")),
    r"\text{Var}_{q(Z)}[p(Z)]": E[q(Z)](p(Z) ** 2) - E[q(Z)](p(Z)) ** 2,
    r"\operatorname{Cov}_{q(Z)}[p(Z), p(X)]": E[q(Z)](p(Z) * p(X)) - E[q(Z)](p(Z)) * E[q(Z)](p(X)),
    r"\prod_n p(x_n) \prod_n q(x_n)": IndexedProduct(p(Variable("x", n)), n, 1, N)
    * IndexedProduct(q(Variable("x", n)), n, 1, N),
    r"p(X, Z)": p(X, Z),
    r"p(Z, X)": p(X, Z),
    r"p(Z \mid X)": p(Z | X),
    r"p\left(Z\,|\,X\right)": p(Z | X),
    r"q_\phi(\mathbf{z}|\boldsymbol x)": q[PLAIN.symbol("phi")](z | x),
    r"q(z|x; \phi)": q[PLAIN.symbol("phi")](z | x),
    r"\mathbb{E}_{q(Z)}[\log \frac{p(X,Z)}{q(Z)}]": E[q(Z)](log(p(X, Z) / q(Z))),
    r"\mathbb E_{q(Z)} \left[ \ln\left( p(X,Z) / q(Z) \right) \right]": E[q(Z)](log(p(X, Z) / q(Z))),
    r"\mathbb{E}_{Z \sim q(Z)}[\log p(X,Z)]": E[q(Z)](log(p(X, Z))),
    r"E_q[\log p(X,Z)]": Expectation(Bare("q"), log(p(X, Z))),
    r"\mathbb{E}_{q(Z)} \log p(X,Z)": E[q(Z)](log(p(X, Z))),
    r"KL(q(Z) || p(Z|X))": KL(q(Z), p(Z | X)),
    r"D_{KL}(q(Z) \| p(Z|X))": KL(q(Z), p(Z | X)),
    r"D_{\mathrm{KL}}\left[ q(Z) \,\middle\|\, p(Z|X) \right]": KL(q(Z), p(Z | X)),
    r"\text{KL}\big(q(Z) \parallel p(Z|X)\big)": KL(q(Z), p(Z | X)),
    r"\int q(Z) \log q(Z) \, dZ": Marginal(q(Z) * log(q(Z)), Z),
    r"\int dZ\, q(Z) \log q(Z)": Marginal(q(Z) * log(q(Z)), Z),
    r"\int_Z q(Z) \mathrm{d}Z": Marginal(q(Z), Z),
    r"\sum_Z q(Z)": Marginal(q(Z), Z),
    r"\sum_{t>1} x_t": IndexedSum(Variable("x", t), t, 2, T),
    r"\sum_{t \geq 1} x_t": IndexedSum(Variable("x", t), t, 1, T),
    r"\sum_{t=2}^{T} x_t": IndexedSum(Variable("x", t), t, 2, T),
    r"\sum_{i=1}^N (x_i - \mu)^2": IndexedSum((Variable("x", i) - PLAIN.symbol("mu")) ** 2, i, 1, N),
    r"\prod_n p(x_n)": IndexedProduct(p(Variable("x", n)), n, 1, N),
    r"\nabla_\phi \log q_\phi(z|x)": Gradient(log(q[PLAIN.symbol("phi")](z | x)), PLAIN.symbol("phi")),
    r"\frac{\partial}{\partial \phi} \log q_\phi(z|x)": Gradient(
        log(q[PLAIN.symbol("phi")](z | x)), PLAIN.symbol("phi")
    ),
    r"\frac{\partial \log q_\phi(z|x)}{\partial \phi}": Gradient(
        log(q[PLAIN.symbol("phi")](z | x)), PLAIN.symbol("phi")
    ),
    r"\mathcal{N}(z|\mu,\sigma^2)": Normal(z, PLAIN.symbol("mu"), PLAIN.symbol("sigma") ** 2),
    r"\psi(a)": polygamma(0, PLAIN.symbol("a")),
    r"\psi'(a)": polygamma(1, PLAIN.symbol("a")),
    r"\psi_1(a)": polygamma(1, PLAIN.symbol("a")),
    r"\psi^{(1)}(a)": polygamma(1, PLAIN.symbol("a")),
    r"\log\Gamma(a)": log(gamma(PLAIN.symbol("a"))),
    r"\frac12 \log 2\pi": log(2 * pi) / 2,
    r"\tfrac{1}{2}\ln(2\pi)": log(2 * pi) / 2,
    r"\mu \cdot \tau": PLAIN.symbol("mu") * PLAIN.symbol("tau"),
    r"2 \times \sum_{t>1} x_t": 2 * IndexedSum(Variable("x", t), t, 2, T),
    r"\log \frac{1}{T} \sum_{t \ge 1} x_t": log(IndexedSum(Variable("x", t), t, 1, T) / T),
    r"\|\mu - \tau\|^2 / 2": (PLAIN.symbol("mu") - PLAIN.symbol("tau")) ** 2 / 2,
    r"0.1": Rational(1, 10),
    r"\mathcal{L}(q)": Quantity(r"\mathcal{L}", None, (Symbol("q", real=True),)),
    r"L_{t-1}": Quantity("L", t - 1),
    r"\begin{bmatrix} 1 & 0 \\ 0 & \tau \end{bmatrix}": Array([[1, 0], [0, PLAIN.symbol("tau")]]),
}


@pytest.mark.parametrize("latex", MEANINGS)
def test_what_students_write_means_what_they_mean(latex: str) -> None:
    assert read(latex) == MEANINGS[latex]


DIFFERENT = [
    (r"\frac{\log p(X,Z)}{q(Z)}", r"\log \frac{p(X,Z)}{q(Z)}"),
    (r"\log(\tau) \mu", r"\log(\tau \mu)"),
    (r"p(X|Z)", r"p(Z|X)"),
    (r"\sum_{t>1} x_t", r"\sum_{t \ge 1} x_t"),
    (r"q_1(Z)", r"q_2(Z)"),
    (r"q_1(Z)", r"q_1^*(Z)"),
    (r"P(X)", r"p(X)"),
    (r"J^T F", r"J F"),
    (r"J^{-1} F J", r"F J J^{-1}"),
    (r"\mathbb{E}_{q(Z)}[\log p(X,Z)]", r"\log \mathbb{E}_{q(Z)}[p(X,Z)]"),
    (r"KL(q(Z)||p(Z))", r"KL(p(Z)||q(Z))"),
    (r"\psi(a)", r"\psi_1(a)"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_reads_differently(one: str, other: str) -> None:
    assert read(one) != read(other)


def test_products_keep_the_order_of_matrices() -> None:
    j, f = read("J"), read("F")
    assert read("J^T F^{-1} J") == Transposed(j) * f**-1 * j


def test_log_takes_a_product_of_letters_but_one_bracket() -> None:
    a, tau = PLAIN.symbol("a"), PLAIN.symbol("tau")
    assert read(r"\log a \tau") == log(a * tau)
    assert read(r"\log(a) \tau") == log(a) * tau
    assert read(r"\log \frac{p(X)}{q(X)} \cdot \frac{p(Z)}{q(Z)}") == log(p(X) * p(Z) / (q(X) * q(Z)))
    assert read(r"\log \frac{p(X)}{q(X)} \cdot \frac{1}{2}") == log(p(X) / q(X)) / 2


def test_the_scope_of_a_sum_lasts_as_long_as_its_index() -> None:
    inside = read(r"\sum_{t>1} \log p(x_t) - \log q(x_t)")
    assert inside == IndexedSum(log(p(Variable("x", t))) - log(q(Variable("x", t))), t, 2, T)
    assert read(r"\sum_{t>1} \log p(x_t) - \log q(X)").args != inside.args


def test_chains_rows_tags_and_remarks() -> None:
    display = read_display(
        r"\begin{aligned} A &= B \\ &\le C \quad \text{for } k = 1, \dots, K \\ D &:= F \tag{7} \end{aligned}"
    )
    assert [chain.signs for chain in display.chains] == [[Sign.EQUAL, Sign.AT_MOST], [Sign.DEFINED]]
    assert [display.latex(side) for chain in display.chains for side in chain.sides] == ["A", "B", "C", "D", "F"]
    assert display.tag == "7"
    assert read_display(r"a = b \quad (12)").tag == "12"


RANGES = (
    r",\quad t = 2, \dots, T",
    r"\quad t = 2, \ldots, T.",
    r",\quad t = 1, 2, 3",
    r", t > 1",
    r",\qquad \forall t \ge 2",
    r"\quad (t \geq 2)",
    r",\quad 1 < t \le T",
    r",\quad t \in \{2, \dots, T\}",
    r"\quad \text{(Jensen, $\log$ concave)}",
    r"&& \text{Bayes’ rule}",
    r"\hspace{1cm} \text{[Markov]}",
    r"\qquad\blacksquare",
)


@pytest.mark.parametrize("remark", RANGES)
def test_what_an_index_runs_over_and_reasons_are_no_steps(remark: str) -> None:
    (chain,) = read_display("a = b" + remark).chains
    assert chain.signs == [Sign.EQUAL]
    assert ["".join(piece.text for piece in side.pieces) for side in chain.sides] == ["a", "b"]


def test_a_connective_begins_a_statement() -> None:
    """What stands after "and" is claimed as well; what stands after "since" is a reason."""
    signs = {
        word: [c.signs for c in read_display(rf"a = b \quad\text{{{word} }} c = d").chains] for word in ("and", "since")
    }
    assert signs == {"and": [[Sign.EQUAL], [Sign.EQUAL]], "since": [[Sign.EQUAL]]}
    first, second = read_display(r"\begin{aligned} a &= b \\ \text{and thus}\quad c &= d \end{aligned}").chains
    assert [first.signs, second.signs] == [[Sign.EQUAL], [Sign.EQUAL]]


def test_what_only_looks_like_a_range_is_a_step() -> None:
    for claim in (r"\beta > 0", "T = 5", "t = 2", r"K \ge 1", r"\text{ELBO} = b"):
        assert len(read_display(rf"a = b, \quad {claim}").chains) == 2


def test_an_arrow_begins_a_new_statement() -> None:
    first, second = read_display(r"a = 0 \Rightarrow b = c").chains
    assert not first.arrow and second.arrow


def test_every_annotated_relation_is_read() -> None:
    assert read_relation(r"a \overset{(i)}{=} b", PLAIN).sign is Sign.EQUAL
    assert read_relation(r"a \stackrel{+}{=} b", PLAIN).sign is Sign.EQUAL_UP_TO_CONSTANT
    assert read_relation(r"z \sim \mathcal{N}(0, 1)", PLAIN).sign is Sign.DISTRIBUTED


UNREADABLE = {
    r"\frac{a}": ("ends too early", 1),
    r"a + * b": ("cannot stand here", 1),
    r"\foo(x)": ("not of the language", 1),
    "a +\n\\oint b": ("not of the language", 2),
    r"\log_2 a": ("natural logarithm", 1),
    r"\int_0^1 q(Z) dZ": ("part of the space", 1),
    r"\log p(X|Z) p(Z)": ("log of the product", 1),
    r"\log q": ("which density", 1),
    r"q(\cdot|X)": ("which variable the dot", 1),
    r"\text{Var}(X, Z, x)": ("covariance of two", 1),
    r"\mathbb{E}_{-1}[X]": ("whose members", 1),
    r"\int q(Z) dk": ("no variable to integrate", 1),
    r"\sum x_i": ("one index", 1),
    r"\sum_{j} x_j": ("no range", 1),
    r"q(\tau)": ("none of the arguments", 1),
    r"q(Z|X": ("", 1),
    r"a)": ("", 1),
    r"a ≤ b": ("U+2264", 1),
    "a \\\n ≤ b": ("U+2264", 2),
    "a\\": ("U+005C", 1),
    "a \x00 b": ("U+0000", 1),
    r"\nabla \log q(Z)": ("in what it is taken", 1),
    r"\begin{cases} 1 \\ 2 \end{cases}": ("environment", 1),
    r"\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}": ("different lengths", 1),
    r"x^2^3": ("two superscripts", 1),
    r"\frac{1}{0}": ("division by zero", 1),
    r"a \approx b": ("", 1),
    r"": ("nothing", 1),
}


@pytest.mark.parametrize("latex", UNREADABLE)
def test_what_cannot_be_read_is_reported_with_its_place(latex: str) -> None:
    reason, line = UNREADABLE[latex]
    with pytest.raises(ReadError) as caught:
        read(latex)
    assert reason in str(caught.value)
    assert caught.value.line == line


def test_the_offending_token_is_named() -> None:
    with pytest.raises(ReadError) as caught:
        read(r"a + b \oint c")
    assert (caught.value.line, caught.value.column, caught.value.token) == (1, 7, r"\oint")


HOSTILE = {
    "a tower of exponents": "^".join("{9" for _ in range(30)).replace("{", "", 1) + "}" * 29,
    "a billion digits": "1" * 1_000_000,
    "many braces": "{" * 10_000_000,
    "many closing braces": "}" * 10_000,
    "deep parentheses": "(" * 5_000 + "1" + ")" * 5_000,
    "many logs": r"\log " * 1_400 + "a",
    "many gradients": r"\nabla_a " * 350 + "a",
    "many minus signs": "-" * 1_400 + "a",
    "a long product": "a " * 1_400,
    "a long sum": "+".join(["a"] * 700),
    "nine powers": "9^{9^{9^{9}}}",
    "a tower of exponentials": r"e^{e^{1000}} \cdot 2 + e^{e^{e^{100}}}",
    "a large power of a product": r"(2 a)^{10^{9}}",
    "a large power of a root": r"(\sqrt{2} a)^{10^{9}}",
    "a large power of a letter": r"(\frac{1}{3} + a - n^{10^{10}}) b",
    "a large factorial": r"\Gamma(10^{9})",
    "a large harmonic number": r"\psi(999999999)",
    "a deep polygamma": r"\psi_{999999}(a)",
    "many dots": r"\dots " * 500,
    "many primes": "a" + "'" * 1_400,
    "a null byte": "a\x00b",
    "a bell": "\a",
    "right to left": "\u202e a",
    "python": "__import__('os').system('true')",
    "an attribute": "().__class__.__bases__",
    "nested fractions": r"\frac{1}{" * 39 + "a" + "}" * 39,
    "nested roots": r"\sqrt{" * 39 + "2" + "}" * 39,
    "repeated squaring": "(" * 30 + "3" + ")^{64}" * 30,
    "a product of large powers": " ".join(["7^{1000}"] * 500),
    "an unclosed matrix": r"\begin{bmatrix} 1 & 2",
    "an unopened matrix": r"\end{bmatrix}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_ends_quickly_in_a_term_or_a_message(name: str) -> None:
    start = time.monotonic()
    try:
        read(HOSTILE[name])
    except ReadError as error:
        assert len(str(error)) < 300
    assert time.monotonic() - start < 5


TOKENS = [
    r"\log",
    r"\frac",
    "{",
    "}",
    "(",
    ")",
    "_",
    "^",
    "q",
    "p",
    "Z",
    "X",
    "|",
    "=",
    "+",
    "-",
    r"\sum",
    r"\int",
    "dZ",
    r"\mathbb{E}",
    r"\nabla",
    "x",
    "1",
    "t",
    "&",
    r"\\",
    r"\text{for}",
    ",",
    ":",
    r"\begin{bmatrix}",
    r"\end{bmatrix}",
    "'",
    "*",
    "!",
    r"\tilde",
    r"\mathbf",
    r"\dots",
    r"\psi",
    "KL",
    r"\|",
    r"\quad",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=25))
def test_any_sequence_of_tokens_is_read_or_refused(tokens: list[str]) -> None:
    text = " ".join(tokens)
    try:
        display = read_display(text)
        for chain in display.chains:
            for side in chain.sides:
                read_expression(display.latex(side), PLAIN)
    except ReadError as error:
        assert error.line >= 1 and error.column >= 1


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_display(text)
        read(text)
    except ReadError as error:
        assert error.reason


def test_gamma_is_read_by_the_convention_of_the_question() -> None:
    scale = context_of("2.2.14")
    rate = context_of("1.2.4")
    a, b = scale.symbol("alpha"), scale.symbol("beta")
    assert read(r"\text{Gamma}(x | \alpha, \beta)", scale).args == (x, a, 1 / b)
    assert read(r"\text{Gamma}(\tau | a_0, b_0)", rate).args[2] == rate.symbol("b_0")
