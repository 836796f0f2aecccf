"""Documents: which equations belong to which question, what is a step, and what the report says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from derivations.annotate import render_html
from derivations.check import check_document
from derivations.context import Context
from derivations.contexts import ContextError, context_of, questions
from derivations.document import parse_document
from derivations.language import Relation
from derivations.mathml import mathml
from derivations.reader import ReadError
from derivations.report import DocumentReport, schema, to_json
from derivations.verdict import Verdict, undecided
from grading.assignment import load


def nothing(_relation: Relation, _context: Context) -> Verdict:
    return undecided("not asked")


def report(question: str, *displays: str) -> DocumentReport:
    """The report on displays under one question."""
    return check_document(f"## Question {question}\n\n" + "\n\n".join(f"$$\n{latex}\n$$" for latex in displays))


def verdicts(question: str, *displays: str) -> list[str]:
    return [str(step.verdict) for step in report(question, *displays).steps]


GOOD, BAD, NOTED = {"proved", "supported"}, {"refuted"}, {"recorded"}

# Each line: the question, a display, and what must be found of each of its steps.
LINES = [
    ("1.1.1", r"\log p(X) = \mathbb{E}_{q(Z)}[\log\frac{p(X,Z)}{q(Z)}] + KL(q(Z)\|p(Z|X))", [GOOD]),
    ("1.1.1", r"\log p(X) = \mathbb{E}_{q(Z)}[\log\frac{p(X,Z)}{q(Z)}] - KL(q(Z)\|p(Z|X))", [BAD]),
    ("1.1.1", r"\log p(X) \ge \int q(Z) \log \frac{p(X,Z)}{q(Z)} \, dZ", [GOOD]),
    ("1.1.1", r"\log p(X) \le \int q(Z) \log \frac{p(X,Z)}{q(Z)} \, dZ", [BAD]),
    ("1.1.1", r"\mathcal{L}(q) := \mathbb{E}_{q(Z)}[\log p(X, Z)] + \mathbb{E}_{q(Z)}[\log q(Z)]", [BAD]),
    (
        "1.1.3",
        r"\mathcal{L}(q) = \mathbb{E}_{q_1(Z_1)}[\mathbb{E}_{-Z_1}[\log p(X,Z)]] - \mathbb{E}_{q_1(Z_1)}"
        r"[\log q_1(Z_1)] + C",
        [GOOD],
    ),
    (
        "1.1.3",
        r"\mathcal{L}(q) = \mathbb{E}_{q_1(Z_1)}[\mathbb{E}_{-Z_1}[\log p(X,Z)]] + \mathbb{E}_{q_1(Z_1)}"
        r"[\log q_1(Z_1)] + C",
        [BAD],
    ),
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)] + \text{const}", [GOOD]),
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_1}[\log p(X, Z)]", [BAD]),
    ("1.1.3", r"\log q_1^*(Z_1) = \mathbb{E}_{-Z_2}[\log p(X, Z)] + C", [BAD]),
    ("1.2.4", r"\log q(\mu) = \tfrac12 \ln \frac{\lambda_N}{2\pi} - \frac{\lambda_N (\mu - \mu_N)^2}{2}", [GOOD]),
    ("1.2.4", r"\frac{\partial}{\partial b_N} \log q(\mu, \tau) = \frac{a_N}{b_N} - \tau", [GOOD]),
    ("1.2.4", r"\frac{\partial}{\partial a_N} \log q(\mu, \tau) = \log b_N - \psi(a_N) - \log \tau", [BAD]),
    ("1.2.4", r"\mathbb{E}_q\left[\frac{\partial}{\partial a_N} \log q(\mu, \tau)\right] = 0", [GOOD]),
    (
        "1.2.4",
        r"\frac{\partial \log q(\mu, \tau)}{\partial \sigma}"
        r" = \frac{(\mu - \mu_N)^2}{\sigma^3} - \frac{1}{\sigma}",
        [GOOD],
    ),
    ("2.1.10", r"\log p(X) \ge \mathcal{L}_K(q)", [GOOD]),
    ("2.1.11", r"\mathcal{L}_1(q) \ge \mathcal{L}_2(q)", [BAD]),
    (
        "2.1.12",
        r"\nabla_{\lambda_3} \mathcal{L}(\lambda) = \mathbb{E}_q[\nabla_{\lambda_3}"
        r" \log q_{\lambda_3}(z) (\log p(z|v)"
        r" + \sum_n \log p(x_n|z, y_n) - \log q_{\lambda_3}(z))]",
        [GOOD],
    ),
    (
        "2.1.12",
        r"\nabla_{\lambda_3} \mathcal{L}(\lambda) = \mathbb{E}_q[\nabla_{\lambda_3}"
        r" \log q_{\lambda_3}(z) (\log p(z|v)"
        r" - \log q_{\lambda_3}(z))]",
        [BAD],
    ),
    ("2.2.14", r"p(x|\alpha, \beta) = \frac{1}{\Gamma(\alpha) \beta^\alpha} x^{\alpha - 1} e^{-x/\beta}", [GOOD]),
    ("2.2.14", r"p(x|\alpha, \beta) = \frac{\beta^\alpha}{\Gamma(\alpha)} x^{\alpha - 1} e^{-\beta x}", [BAD]),
    (
        "2.2.15",
        r"\tilde{\nabla}_\theta \mathcal{L}(\theta)"
        r" = J^{-1} F(\eta)^{-1} (J^T)^{-1} \nabla_\theta \mathcal{L}(\theta)",
        [GOOD],
    ),
    (
        "2.2.15",
        r"\tilde{\nabla}_\theta \mathcal{L}(\theta)"
        r" = J^T F(\eta)^{-1} J \nabla_\theta \mathcal{L}(\theta)",
        [BAD],
    ),
    (
        "2.2.16",
        r"F(\theta) ="
        r" \begin{pmatrix} \psi'(\alpha) & 1/\beta \\ 1/\beta & \alpha/\beta^2 \end{pmatrix}",
        [GOOD],
    ),
    (
        "2.2.16",
        r"F(\theta) ="
        r" \begin{pmatrix} \psi'(\alpha) & -1/\beta \\ -1/\beta & \alpha/\beta^2 \end{pmatrix}",
        [BAD],
    ),
    (
        "3.1.21",
        r"\hat{\nabla}_{TD}(\epsilon, \phi) = \nabla_z [\log p(x|z) + \log p(z) - \log q_\phi(z|x)]"
        r"\nabla_\phi t(\epsilon, \phi) - \nabla_\phi \log q_\phi(z|x)",
        [GOOD],
    ),
    (
        "3.1.21",
        r"\hat{\nabla}_{TD}(\epsilon, \phi) = \nabla_z [\log p(x|z) + \log p(z) - \log q_\phi(z|x)]"
        r"\nabla_\phi t(\epsilon, \phi)",
        [BAD],
    ),
    ("3.1.22", r"\mathbb{E}_{q_\phi(z|x)}[\nabla_\phi \log q_\phi(z|x)] = 0", [GOOD]),
    (
        "4.1.26",
        r"L = \mathbb{E}_q\Big[ KL(q(x_T|x_0) \| p(x_T))"
        r" + \sum_{t>1} KL(q(x_{t-1}|x_t, x_0) \| p_\theta(x_{t-1}|x_t))"
        r" - \log p_\theta(x_0|x_1) \Big]",
        [GOOD],
    ),
    (
        "4.1.26",
        r"L = \mathbb{E}_q\Big[ KL(q(x_T|x_0) \| p(x_T))"
        r" + \sum_{t\ge1} KL(q(x_{t-1}|x_t, x_0) \| p_\theta(x_{t-1}|x_t))"
        r" - \log p_\theta(x_0|x_1) \Big]",
        [BAD],
    ),
    ("4.1.26", r"L_0 = -\log p_\theta(x_0|x_1), \quad L_0 = \log p_\theta(x_0|x_1)", [GOOD, BAD]),
    ("4.2.27", r"\mathcal{L}_K = \mathbb{E}_{Z_1, \dots, Z_K}\left[\log \sum_{k=1}^K W_k\right] - \log K", [GOOD]),
    ("4.2.27", r"\mathcal{L}_K = \mathbb{E}_{Z_1, \dots, Z_K}\left[\log \sum_{k=1}^K W_k\right]", [BAD]),
    ("1.1.3", r"q(Z) = \prod_{i=1}^3 q_i(Z_i)", [GOOD]),
    ("1.1.3", r"\log q_j^*(Z_j) = \mathbb{E}_{i \neq j}[\log p(X,Z)] + \text{const.}", [GOOD]),
    ("1.1.3", r"\log q_j^*(Z_j) = \mathbb{E}_{-Z_j}[\log p(X,Z)]", [BAD]),
    ("1.2.4", r"\frac{\partial \log q}{\partial \mu_N} = \lambda_N (\mu - \mu_N)", [GOOD]),
    ("2.1.10", r"\mathbb{E}_{Z_k \sim q(Z|X)}[w_k] = p(X)", [GOOD]),
    ("2.2.14", r"\mathbb{E}[x] = \alpha\beta", [GOOD]),
    ("2.2.14", r"\mathbb{E}[x] = \alpha/\beta", [BAD]),
    ("3.1.20", r"g_i \sim \text{Gumbel}(0, 1)", [NOTED]),
]


@pytest.mark.parametrize(("question", "latex", "expected"), LINES)
def test_each_line_is_judged_in_the_context_of_its_question(question: str, latex: str, expected: list[set]) -> None:
    found = report(question, latex)
    assert [e.problem for e in found.equations] == [None]
    assert len(found.steps) == len(expected)
    for step, allowed in zip(found.steps, expected, strict=True):
        assert step.verdict in allowed, step


def test_every_question_of_the_assignment_has_a_context() -> None:
    assert set(questions()) == {question.number for question in load().questions}


def test_a_wrong_line_between_right_ones_gives_two_refuted_steps() -> None:
    found = report(
        "1.1.1",
        r"""\begin{aligned}
        \mathcal{L}(q) &= \mathbb{E}_{q(Z)}[\log p(X, Z)] - \mathbb{E}_{q(Z)}[\log q(Z)] \\
        &= \mathbb{E}_{q(Z)}[\log p(X, Z)] + \mathbb{E}_{q(Z)}[\log q(Z)] \\
        &= \log p(X) - KL(q(Z) || p(Z|X)) \end{aligned}""",
    )
    assert [step.verdict in GOOD for step in found.steps] == [True, False, False]
    wrong = found.first_wrong("1.1.1")
    assert wrong is not None and wrong[1] == 2


def test_a_chain_may_go_on_in_the_next_display() -> None:
    found = report("3.1.22", r"\nabla_\phi \int q_\phi(z|x) dz = \quad (1)", r"\nabla_\phi 1 \quad (2)")
    assert [len(e.steps) for e in found.equations] == [0, 1]
    assert found.steps[0].verdict in GOOD
    assert [e.tag for e in found.equations] == ["1", "2"]


def test_the_question_keeps_its_own_definitions() -> None:
    wrong, right = report(
        "1.1.1",
        r"\mathcal{L}(q) = \mathbb{E}_{q(Z)}[\frac{\log p(X, Z)}{q(Z)}]",
        r"\log p(X) = \mathcal{L}(q) + KL(q(Z) || p(Z|X))",
    ).steps
    assert wrong.verdict in BAD and right.verdict in GOOD


def test_new_names_are_defined_by_their_first_line() -> None:
    found = report(
        "1.1.1",
        r"G := \int q(Z) \log p(X, Z) dZ",
        r"G = \mathbb{E}_{q(Z)}[\log p(X, Z)]",
        r"G = \mathbb{E}_{q(Z)}[\log p(Z|X)]",
    )
    assert [step.verdict in good for step, good in zip(found.steps, (NOTED, GOOD, BAD), strict=True)] == [True] * 3


def test_a_multiplier_imposes_a_condition_and_the_next_line_follows_from_it() -> None:
    condition = (
        r"\frac{\partial}{\partial q_1(Z_1)} \Big( \mathbb{E}_{q_1(Z_1)}[\mathbb{E}_{-Z_1}[\log p(X,Z)]"
        r" - \log q_1(Z_1)] + \lambda (\int q_1(Z_1) dZ_1 - 1) \Big) = 0"
    )
    derivative = r"\mathbb{E}_{-Z_1}[\log p(X,Z)] - \log q_1(Z_1) - 1 + \lambda = 0"
    slip = r"\mathbb{E}_{-Z_1}[\log p(X,Z)] + \log q_1(Z_1) - 1 + \lambda = 0"
    imposed, follows = verdicts("1.1.3", condition, derivative)
    assert imposed in NOTED and follows in GOOD
    assert verdicts("1.1.3", condition, slip)[1] in BAD


def test_an_unread_side_is_reported_with_its_line_and_never_counted_as_right() -> None:
    text = "# 1.1.1\n\n$$\na = b\n+ \\oint c\n$$\n"
    (equation,) = check_document(text).equations
    assert not equation.is_read and "line 5, column 3" in str(equation.problem) and r"\oint" in str(equation.problem)
    assert [str(step.verdict) for step in equation.steps] == ["unread"]


LAYOUT = r"""+++
[context]
name = "mine"
variables = ["X", "Z"]
+++
# Heading
$$ a = b $$
### Question 2.2.14
Price: \$5. ```inline``` and $x$.

```python
$$ not = mathematics $$
```
\[ p(X) = \int p(X, Z) dZ \]
**Question 2.2.16**
\begin{align}
p(X) &= \int p(X, Z) dZ \tag{3}
\end{align}
Version 1.2.3.4 is no question.
$$ p(Z) = \int p(X, Z) dX $$
"""


def test_layout() -> None:
    document = parse_document(LAYOUT)
    assert [(part.question, part.line) for part in document.displays] == [
        (None, 7),
        ("2.2.14", 14),
        ("2.2.16", 16),
        ("2.2.16", 20),
    ]
    assert document.front["context"]["name"] == "mine"


def test_the_context_of_the_front_matter_replaces_that_of_the_question() -> None:
    found = check_document(LAYOUT, question="2.2.16")
    assert [e.tag for e in found.equations] == ["3", None]
    assert all(step.verdict in GOOD for step in found.steps)


def test_a_context_can_be_given() -> None:
    found = check_document(r"$$p(X) = \int p(X, Z) dZ$$", context=context_of("1.1.1"))
    assert found.steps[0].verdict in GOOD


@pytest.mark.parametrize(
    "front",
    [
        "colour = 1",
        "gamma = 'both'",
        "variables = 'X'",
        "definitions = ['a = ']",
        "extends = '../../secret'",
        "measures = ['q']",
    ],
)
def test_a_broken_context_is_named(front: str) -> None:
    text = f"+++\n[context]\n{front}\n+++\n$$a = b$$"
    with pytest.raises(ContextError, match=front.split(" ")[0].replace("colour", "no field")):
        check_document(text)


def test_a_broken_front_matter_is_a_clear_error() -> None:
    with pytest.raises(ReadError, match="not TOML"):
        check_document("+++\nx = \n+++\n$$a = b$$")


def test_json_obeys_its_schema() -> None:
    found = report("1.1.1", r"\log p(X) = \mathcal{L}(q)", r"a \oint", r"z \sim q")
    data = json.loads(json.dumps(to_json(found)))
    jsonschema.validate(data, schema())
    (step,) = data["equations"][0]["steps"]
    assert (step["left"], step["relation"], step["right"]) == (r"\log p(X)", "=", r"\mathcal{L}(q)")
    assert data["equations"][1]["read"] is False


def test_a_counterexample_runs_again() -> None:
    (step,) = report("1.1.1", r"\log p(X) = \mathcal{L}(q)").steps
    assert step.counterexample is not None
    lines = step.counterexample["rerun"]
    assert len(lines.splitlines()) <= 3
    again = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", lines],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert step.counterexample["left"][:8] in again.stdout and step.counterexample["right"][:8] in again.stdout


def test_the_page_shows_every_equation_and_fetches_nothing() -> None:
    found = report("1.1.1", r"\log p(X) = \mathcal{L}(q)", r"a \oint")
    page = render_html(found, "Title")
    assert page.count("<section") == 2 and "✗ refuted" in page and "⚠ unread" in page
    assert "://" not in page.replace("http://www.w3.org/1998/Math/MathML", "")


def test_nothing_submitted_becomes_markup() -> None:
    evil = "<script>alert(1)</script>"
    text = f"# 1.1.1 {evil}\n{evil} ![i](http://x/y.png) $\\text{{{evil}}}$\n$$\\text{{{evil}}} = 1$$\n"
    page = render_html(check_document(text, decide=nothing), evil)
    assert "<script" not in page and "<img" not in page and "http://x" not in page.split("<main>")[0]


def test_mathml_of_what_cannot_be_converted_is_the_text() -> None:
    assert mathml(r"\frac{") == r"<code>\frac{</code>"


HOSTILE = {
    "unclosed displays": "$$ a " * 1 + r"\[ " * 200_000,
    "many dollars": "$" * 200_001,
    "many headings": "# 1.1.1\n" * 50_000,
    "many fences": "```\n" * 50_001,
    "many environments": r"\begin{align}" * 50_000,
    "many displays": "$$a$$\n" * 5_000,
    "control characters": "\x00\x01\x02$$\x00$$",
    "braces": "$$" + "{" * 1_000_000 + "$$",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_end_in_a_report(name: str) -> None:
    found = check_document(HOSTILE[name], decide=nothing)
    assert all(e.problem or not e.steps for e in found.equations)
    assert found.seconds < 10


def test_a_document_that_is_too_long_is_refused() -> None:
    with pytest.raises(ReadError, match="more than"):
        check_document("{" * 10_000_000)


def test_code_in_the_text_is_no_equation() -> None:
    """`$$ ... $$` between backticks is shown, not read."""
    report = check_document("## 1.1.1\n\nWrite `$$ ... $$` here.\n\n$$\\log p(X) = \\log p(X)$$\n")
    assert [equation.latex for equation in report.equations] == [r"\log p(X) = \log p(X)"]
