"""Run single checks on a submission without pytest around them, many times and without shrinking."""

from __future__ import annotations

import importlib
import inspect
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis.errors import Flaky

from grading.assignment import Kind, load
from grading.montecarlo import Budget
from grading.submission import Problem, Submission
from grading.verdict.claims import Refuted
from grading.verdict.exhibits import Exhibits

CHECKS = Path(__file__).parent.parent
QUICK = hypothesis.settings(
    max_examples=25,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
"""The examples of a real run, but the first that fails is enough."""


@dataclass(frozen=True)
class RunnableCheck:
    """One check of one question: a test function, and the arguments it is parametrised with."""

    question: str
    name: str
    function: Callable[..., Any]
    fixed: tuple[tuple[str, Any], ...] = ()

    @property
    def identifier(self) -> str:
        return f"{self.question}/{self.name}"

    def verdict(
        self, submission: Submission, seed: int = 0, examples: int = 25, budget: Budget | None = None
    ) -> Refuted | Problem | Flaky | None:
        """What the check holds against a submission, or None. Whatever else it raises is a bug of the check."""
        offered = {"submission": submission, "seed": seed, "exhibits": Exhibits(), "profile": "quick"}
        offered |= {"record_property": lambda name, value: None}
        wanted = inspect.signature(self.function).parameters
        arguments = {name: value for name, value in offered.items() if name in wanted} | dict(self.fixed)
        submission.start_check()
        try:
            with (budget or Budget()).active(), quick(self.function, seed, examples):
                self.function(**arguments)
        except (Refuted, Problem, Flaky) as objection:
            return objection
        finally:
            submission.end_check()
        return None


@contextmanager
def quick(function: Any, seed: int, examples: int) -> Iterator[None]:
    """A hypothesis test with QUICK settings, a fixed seed and this many examples, or its own number if that is smaller;
    any other function as it is."""
    if not hasattr(function, "hypothesis"):
        yield
        return
    settings, own = function._hypothesis_internal_use_settings, function._hypothesis_internal_use_seed
    function._hypothesis_internal_use_settings = hypothesis.settings(
        QUICK, max_examples=min(examples, settings.max_examples)
    )
    function._hypothesis_internal_use_seed = seed
    try:
        yield
    finally:
        function._hypothesis_internal_use_settings, function._hypothesis_internal_use_seed = settings, own


@cache
def all_checks() -> tuple[RunnableCheck, ...]:
    """Every test marked with a question in tests/test_*.py, experiments excepted."""
    found = []
    for path in sorted(CHECKS.glob("test_*.py")):
        module = importlib.import_module(f"tests.{path.stem}")
        for name, function in vars(module).items():
            if name.startswith("test_") and callable(function):
                found += list(expanded(name.removeprefix("test_"), function))
    return tuple(found)


def expanded(name: str, function: Any) -> Iterator[RunnableCheck]:
    """A check for each combination of its parameters; nothing for a test that is no check, or an experiment."""
    marks = getattr(function, "pytestmark", [])
    questions = [mark.args[0] for mark in marks if mark.name == "question"]
    if not questions or kind_of(f"{questions[0]}/{name}") is not Kind.TEST:
        return
    axes = [[dict(zip(names_of(m), row_of(m, row), strict=True)) for row in m.args[1]] for m in parametrised(marks)]
    for combination in itertools.product(*axes):
        fixed = {key: value for part in combination for key, value in part.items()}
        yield RunnableCheck(questions[0], name, function, tuple(fixed.items()))


def kind_of(identifier: str) -> Kind | None:
    """Test, experiment or prose, as the catalogue says; None for a check that it does not list."""
    found = load().manifest().get(identifier)
    return found[1].kind if found else None


def parametrised(marks: list[Any]) -> list[Any]:
    return [mark for mark in marks if mark.name == "parametrize"]


def names_of(mark: Any) -> list[str]:
    names = mark.args[0]
    return [each.strip() for each in names.split(",")] if isinstance(names, str) else list(names)


def row_of(mark: Any, row: Any) -> tuple[Any, ...]:
    values = getattr(row, "values", row) if hasattr(row, "marks") else row
    return tuple(values) if len(names_of(mark)) > 1 or hasattr(row, "marks") else (values,)


def checks_of(question: str) -> list[RunnableCheck]:
    """The checks of one question."""
    return [check for check in all_checks() if check.question == question]
