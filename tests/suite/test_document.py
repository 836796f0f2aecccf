"""Documents: which equations belong to which question, which context holds there, and what is no document."""

from __future__ import annotations

import pytest

from derivations.check import check_document
from derivations.contexts import ContextError, context_of, questions
from derivations.document import parse_document
from derivations.reader import ReadError
from grading.assignment import load
from tests.suite.written import GOOD, nothing


def test_every_question_of_the_assignment_has_a_context() -> None:
    assert set(questions()) == {question.number for question in load().questions}


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
