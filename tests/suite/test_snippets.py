"""A counterexample is Python that runs as it stands, in the arrays that the contract names, and gives what it gave."""

from __future__ import annotations

import ast
import sys
from typing import Any

import numpy as np
import pytest

from grading.submission import Call, Model, Submission
from grading.verdict.counterexample import snippet
from tests.suite.corpus import Replaced
from tests.suite.killing import all_checks

MODULES = ("gamma", "gumbel_softmax", "vae", "iwae", "diffusion")
"""With numpy's arrays, with tensors, and with models."""


@pytest.fixture(scope="module")
def calls() -> dict[tuple[str, tuple[str, ...]], Call]:
    """A call of each function and kind that the checks make of the reference."""
    found: dict[tuple[str, tuple[str, ...]], Call] = {}
    for check in all_checks():
        if hasattr(check.function, "hypothesis") and check.function.__module__ in {
            "tests.test_gamma",
            "tests.test_gumbel_softmax",
            "tests.test_vae",
            "tests.test_path_derivative",
            "tests.test_iwae",
            "tests.test_diffusion",
        }:
            submission = Submission(Replaced({}))
            assert check.verdict(submission, examples=2) is None
            whole = [call for call in submission.calls if "# only the first" not in snippet(call)]
            found |= {(call.function.qualified, call.wrt): call for call in whole}
    assert {name.partition(".")[0] for name, _ in found} == set(MODULES)
    assert {wrt for _, wrt in found} >= {(), ("probs",), ("model",)}
    return found


def test_every_call_runs_again(calls: dict[tuple[str, tuple[str, ...]], Call], monkeypatch: pytest.MonkeyPatch) -> None:
    """The value comes out the same; where the call differentiated, the gradients are there."""
    for (name, wrt), call in calls.items():
        shown: list[Any] = []
        monkeypatch.setattr(sys, "displayhook", shown.append)
        scope: dict[str, Any] = {}
        exec(compile(ast.Interactive(ast.parse(snippet(call)).body), name, "single"), scope)
        if not wrt:
            assert same(shown[0], call.value), name
        for each in wrt:
            leaves = scope[each].parameters() if isinstance(call.args[1], Model) else [scope[each]]
            assert any(tensor.grad is not None for tensor in leaves), name


def same(shown: Any, value: Any) -> bool:
    """Equal to rounding, pairs entry by entry."""
    if isinstance(shown, tuple):
        return all(same(a, b) for a, b in zip(shown, value, strict=True))
    return bool(np.allclose(np.asarray(shown.detach() if hasattr(shown, "detach") else shown), value))
