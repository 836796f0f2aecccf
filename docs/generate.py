"""Write the pages that are made from the code: `python docs/generate.py` (part of `make docs`)."""

from __future__ import annotations

import ast
from pathlib import Path

from grading.assignment import Check, Kind, Question, load
from grading.montecarlo import ALPHA, BETA

DOCS = Path(__file__).parent
TESTS = DOCS.parent / "tests"
HEAD = f"""# The checks

Made from the catalogue and the tests by `python docs/generate.py`.

A check stands on the lowest rung of a ladder that reaches it: *symbolic*, then *pathwise* (the same noise on both
sides, so the claim holds for every draw), then *exact expectation* (enumeration or quadrature), and *Monte Carlo* only
for what is left. The first three never fail correct work. A Monte Carlo assertion fails correct work with probability
at most {ALPHA:g}, whenever it stops, and misses the effect it is designed for with probability at most {BETA:g}; with
at most 100,000 assertions a run, all of them together fail correct work with probability at most 1e-6.
"""


def docstrings() -> dict[str, tuple[str, str]]:
    """File and docstring of every test in the check files, by test name (`file:name` where a name is used twice)."""
    found = {}
    for path in sorted(TESTS.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in numbers(node):
                    found[f"{number}/{node.name.removeprefix('test_')}"] = (path.name, ast.get_docstring(node) or "")
    return found


def numbers(node: ast.FunctionDef) -> list[str]:
    """Questions a test is marked with; a test parametrised over all derivations counts for each of them."""
    texts = [ast.unparse(mark) for mark in node.decorator_list]
    marked = [text.split("question(")[1].strip("')\"") for text in texts if text.startswith("pytest.mark.question(")]
    if any("ASKED" in text for text in texts):
        marked += [q.number for q in load().questions if any(check.name == "derivation" for check in q.checks)]
    return marked


def section(question: Question, texts: dict[str, tuple[str, str]]) -> str:
    """One question's checks."""
    lines = [f"## {question.number} {question.title}", ""]
    for check in question.checks:
        lines += entry(question, check, texts)
    return "\n".join(lines)


def entry(question: Question, check: Check, texts: dict[str, tuple[str, str]]) -> list[str]:
    """Claim, points, and what the test says of its rung, oracle and errors."""
    title = f"**{check.name.replace('_', ' ')}** ({question.points_of(check):.2g} points). {check.claim}"
    if check.kind is Kind.PROSE:
        return [title, "", "Read by a human: " + " ".join(check.rubric), ""]
    file, doc = texts.get(question.identifier(check), ("", ""))
    needs = f" Waits for {', '.join(check.needs)}." if check.needs else ""
    return [title + needs, "", f"> {' '.join(doc.split())} (`tests/{file}`)", ""]


def main() -> None:
    """Write `checks.md`."""
    texts = docstrings()
    pages = [section(question, texts) for question in load().questions]
    (DOCS / "checks.md").write_text("\n".join([HEAD, *pages]).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
