"""Write the pages that are made from the code: `python docs/generate.py` (part of `make docs`)."""

from __future__ import annotations

import csv
import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from grading.assignment import Check, Kind, Question, load
from grading.montecarlo import ALPHA, BETA

DOCS = Path(__file__).parent
TESTS = DOCS.parent / "tests"
HEAD = f"""# The checks

Made from the catalogue and the tests by `python docs/generate.py`.

A check stands on the lowest rung of a ladder that reaches it: *symbolic*, then *pathwise* (the same noise on both
sides, so the claim holds for every draw), then *exact expectation* (enumeration or quadrature), and *Monte Carlo* only
for what is left. The first three have no chance in them: what they refute is wrong, up to the rounding that they allow
for. A Monte Carlo assertion fails correct work with probability at most {ALPHA:g}, whenever it stops, and misses the
effect it is designed for with probability at most {BETA:g}; with at most 100,000 assertions a run, all of them together
fail correct work with probability at most 1e-6.

"""
RUNGS = ("symbolic", "pathwise", "exact expectation", "Monte Carlo")


def docstrings() -> dict[str, tuple[str, str]]:
    """File and docstring of every check's test, by the check's identifier."""
    found = {}
    for path in sorted(TESTS.glob("test_*.py")):
        for name, function in vars(import_module(f"tests.{path.stem}")).items():
            for mark in marks(function) if name.startswith("test_") else []:
                found[f"{mark.args[0]}/{name.removeprefix('test_')}"] = (path.name, inspect.getdoc(function) or "")
    return found


def marks(function: Any) -> list[Any]:
    """The question marks of a test, those of its parameters too."""
    own = list(getattr(function, "pytestmark", []))
    rows = [row for mark in own if mark.name == "parametrize" for row in mark.args[1]]
    return [
        mark
        for mark in [*own, *(mark for row in rows for mark in getattr(row, "marks", []))]
        if mark.name == "question"
    ]


def section(question: Question, texts: dict[str, tuple[str, str]]) -> str:
    """One question's checks."""
    lines = [f"## {question.number} {question.title}", ""]
    for check in question.checks:
        lines += entry(question, check, texts)
    return "\n".join(lines)


def entry(question: Question, check: Check, texts: dict[str, tuple[str, str]]) -> list[str]:
    """Claim, points, and what the test says of its rung, oracle and errors."""
    title = f"**{check.name.replace('_', ' ')}** ({question.points_of(check):g} points). {check.claim}"
    file, doc = texts.get(question.identifier(check), ("", ""))
    if check.kind is Kind.PROSE:
        beside = [f"> {' '.join(doc.split())} (`tests/{file}`)", ""] if file else []
        return [title, "", "Read by a human: " + " ".join(check.rubric), "", *beside]
    needs = f" Waits for {', '.join(check.needs)}." if check.needs else ""
    said, _, rung = " ".join(doc.split()).partition("Rung: ")
    stands = [">", f"> *Rung:* {rung}"] if rung else []
    return [title + needs, "", f"> {said.strip()} (`tests/{file}`)", *stands, ""]


def ladder(texts: dict[str, tuple[str, str]]) -> str:
    """How many checks stand on each rung, and the names of those on the last."""
    rungs = {name: doc.partition("Rung: ")[2] for name, (_, doc) in texts.items()}
    lines = ["| rung | checks |", "| --- | --- |"]
    lines += [f"| {rung} | {sum(text.startswith(rung) for text in rungs.values())} |" for rung in RUNGS]
    drawn = [f"`{name}`" for name, text in rungs.items() if text.startswith(RUNGS[-1])]
    return "\n".join([*lines, "", f"Monte Carlo: {', '.join(drawn)}. Experiments train, and are no rung.", ""])


def seeds() -> str:
    """The checks on the reference under many seeds, as `python -m tests.seeds --record docs/seeds.csv` found them."""
    counts: dict[tuple[str, str], np.ndarray] = {}
    with (DOCS / "seeds.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = row["rung"], row["files"]
            counts[key] = counts.get(key, 0) + np.array([int(row[name]) for name in ("seeds", "checks", "failures")])
    head = ["The reference under many seeds:", "", "| rung | files | seeds | checks run | failures |", "|---" * 5 + "|"]
    rows = [f"| {rung} | {files} | {n:,} | {ran:,} | {bad} |" for (rung, files), (n, ran, bad) in counts.items()]
    return "\n".join([*head, *rows, ""])


def main() -> None:
    """Write `checks.md`."""
    texts = docstrings()
    pages = [section(question, texts) for question in load().questions]
    (DOCS / "checks.md").write_text("\n".join([HEAD, ladder(texts), seeds(), *pages]).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
