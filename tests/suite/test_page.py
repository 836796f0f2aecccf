"""The report on a document: its JSON, its page, and counterexamples that run again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from derivations.annotate import render_html
from derivations.check import check_document
from derivations.mathml import mathml
from derivations.report import schema, to_json
from grading.assignment import load
from tests.suite.written import nothing, report


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


@pytest.mark.parametrize(
    "latex",
    [
        r"\begin{aligned} a &= b \\ &\le c \end{aligned}",
        r"\begin{aligned}[t] a &= b \\ &\le c \end{aligned}",
        r"\begin{align} a &= b \tag{1} \\ &\le c \end{align}",
        r"\begin{eqnarray*} a &= b \\ &\le c \end{eqnarray*}",
        r"a &= b \\ &\le c",
    ],
)
def test_rows_are_rows(latex: str) -> None:
    """Whatever the environment: one row a line, aligned at the relation, and no `&` to be seen."""
    shown = mathml(latex, display=True)
    assert shown.count("<mtr>") == 2 and "&amp;" not in shown and "(1)" not in shown
    assert "text-align: right" in shown and "text-align: left" in shown


def test_goals_are_part_of_the_report() -> None:
    """JSON and page say of each goal of the question what was found of it."""
    text = "## 2.2.16\n\n$$F(\\theta) = J^T F(\\eta) J$$\n"
    found = check_document(text, goals=load().goals())
    data = json.loads(json.dumps(to_json(found)))
    jsonschema.validate(data, schema())
    (goal,) = data["goals"]
    assert (goal["question"], goal["state"], goal["latex"]) == ("2.2.16", "not found", r"F(\theta)")
    assert "✗ not found" in render_html(found) and goal["says"] in render_html(found)
