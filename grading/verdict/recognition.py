"""Name the mistake: a failing function agrees, on the same inputs, with a known wrong one.

The inputs are those of the calls that a check made before it failed. A known mistake is recognised when it gives
the submission's values, and its gradients where the function is differentiable, to rounding on every such call,
and the correct function does not. Values that vary from call to call, as with noise of one's own, agree with any
other that do. It is a remark for the report, never evidence: the check has failed already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from grading.submission import Call, Model, Problem, Submission, plain
from grading.submission.worker import OPERATIONS, Listen, describe

RTOL = 1e-6


class KnownMistake(Protocol):
    """A plausible mistake in one function of the contract."""

    @property
    def question(self) -> str:
        """The number of the question that asks for the function."""

    @property
    def function(self) -> str:
        """`gamma.fisher_information`."""

    @property
    def name(self) -> str:
        """In a teacher's words."""

    @property
    def message(self) -> str:
        """In words for the student."""

    @property
    def replacement(self) -> Callable[..., Any]:
        """The wrong function."""


@dataclass
class Alone:
    """A transport to a single function in this process, which answers whatever function is asked for."""

    replacement: Callable[..., Any]
    folder: Path = Path()

    def start_check(self) -> None:
        """Nothing to do: there is no state."""

    def prepare(self, module: str) -> None:
        """Nothing to do: the function is there."""

    def end_check(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def request(self, request: bytes, timeout: float, listen: Listen) -> bytes:
        """The function's value or gradient; an error is answered as a submission's would be."""
        message = plain.decode(request, trusted=True)
        try:
            reply = {"value": OPERATIONS[message["op"]](self, message, listen)}  # type: ignore[arg-type]
        except Exception as error:
            reply = {"problem": "raised", "message": describe(error), "traceback": ""}
        return plain.encode(reply)

    def function(self, name: str, message: dict[str, Any], listen: Listen) -> Callable[..., Any]:
        """What `Worker.function` would look up."""
        return self.replacement


def explanations(
    submission: Submission, calls: Iterable[Call], corpus: Iterable[KnownMistake], reference: Submission
) -> list[KnownMistake]:
    """Every known mistake that agrees with what the submission returned in these calls."""
    observed = [(call, observe(submission, call)) for call in calls]
    suspicious = [(call, seen) for call, seen in observed if not same(seen, observe(reference, call))]
    found = []
    for mistake in corpus:
        matching = [(call, seen) for call, seen in suspicious if call.function.qualified == mistake.function]
        wrong = Submission(Alone(mistake.replacement))
        if matching and all(explains(wrong, submission, call, seen) for call, seen in matching):
            found.append(mistake)
    return found


def explains(wrong: Submission, submission: Submission, call: Call, seen: list[np.ndarray] | None) -> bool:
    """Whether a known mistake gives what was seen of a submission in a call, or both never give the same twice."""
    guess = observe(wrong, call)
    return same(seen, guess) or (varies(guess, observe(wrong, call)) and varies(seen, observe(submission, call)))


def varies(once: list[np.ndarray] | None, again: list[np.ndarray] | None) -> bool:
    """Whether a call repeated gives other values."""
    return once is not None and again is not None and not same(once, again)


def observe(submission: Submission, call: Call) -> list[np.ndarray] | None:
    """The value of a call repeated, and the gradients in a model's parameters; None where there is no such value."""
    function = getattr(getattr(submission, call.function.module), call.function.name)
    try:
        models = [i for i, argument in enumerate(call.args) if isinstance(argument, Model)]
        if models:
            value, gradients = function.gradient(*call.args, wrt=call.function.parameters[models[0]])
            return leaves([value, [gradients[name] for name in sorted(gradients)]])
        return leaves(function(*call.args, **call.kwargs))
    except (Problem, TypeError, ValueError, KeyError):
        return None


def leaves(value: Any) -> list[np.ndarray]:
    """The arrays and numbers of a plain value, in order; None is an empty array."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple) and not all(isinstance(each, int | float) for each in value):
        return [leaf for each in value for leaf in leaves(each)]
    return [np.zeros(0) if value is None else np.asarray(value)]


def same(a: list[np.ndarray] | None, b: list[np.ndarray] | None) -> bool:
    """Equal structure, and agreement to rounding relative to each array's largest entry."""
    if a is None or b is None or len(a) != len(b):
        return False
    return all(x.shape == y.shape and agree(x, y) for x, y in zip(a, b, strict=True))


def agree(x: np.ndarray, y: np.ndarray) -> bool:
    """Agreement to rounding relative to the largest finite entry of `y`; NaN agrees with NaN."""
    if x.dtype.kind not in "biuf" or y.dtype.kind not in "biuf":
        return bool(np.array_equal(x, y))
    finite = np.abs(y[np.isfinite(y)])
    return bool(np.allclose(x, y, rtol=RTOL, atol=RTOL * 1e-3 * finite.max(initial=0.0), equal_nan=True))
