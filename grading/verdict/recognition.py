"""Name the mistake: a failing function agrees, on the same inputs, with a known wrong one.

The inputs are those of the calls that a check made before it failed. A known mistake is recognised when it gives
the submission's values, and its gradients where the function is differentiable, to rounding on every such call,
and the correct function does not. The smallest failing example is often where two mistakes look alike, as at tau = 1
or alpha = 1, so a mistake must fit at generic arguments too. Values that vary from call to call, as with noise of
one's own, agree with any other that do. It is a remark for the report, never evidence: the check has failed already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from grading.submission import Call, Model, Problem, Submission, plain
from grading.submission.worker import OPERATIONS, Listen, describe

RTOL = 1e-6
LEFT = 1e-2
"""The part of an error that a known mistake may leave unexplained."""


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


Values = list[np.ndarray] | None
"""What `observe` saw."""


@dataclass(frozen=True)
class Seen:
    """A call, the submission's values and the right ones."""

    call: Call
    values: Values
    right: Values


def explanations(
    submission: Submission, calls: Iterable[Call], corpus: Iterable[KnownMistake], reference: Submission
) -> list[KnownMistake]:
    """Every known mistake that agrees with what the submission returned in these calls."""
    seen = [Seen(call, observe(submission, call), observe(reference, call)) for call in calls]
    suspicious = [each for each in seen if not same(each.values, each.right)]
    found = []
    for mistake in corpus:
        matching = [each for each in suspicious if each.call.function.qualified == mistake.function]
        wrong = Submission(Alone(mistake.replacement))
        told = not all(bare(each.values) and bare(each.right) for each in matching)  # zeros and ones tell nothing
        if (
            told
            and all(explains(wrong, submission, each) for each in matching)
            and explains_elsewhere(wrong, submission, matching[-1].call, reference)
        ):
            found.append(mistake)
    return found


def bare(values: Values) -> bool:
    """Whether there are only zeros and ones, to rounding."""
    return values is not None and all(v.dtype.kind in "biuf" and np.isin(np.round(v, 9), (0, 1)).all() for v in values)


def explains_elsewhere(wrong: Submission, submission: Submission, call: Call, reference: Submission) -> bool:
    """Whether a known mistake gives the submission's value at generic arguments, too, where both have one."""
    rng = np.random.default_rng(0)
    args = tuple(generic(each, rng) for each in call.args)
    there = replace(call, args=args, kwargs={name: generic(each, rng) for name, each in call.kwargs.items()})
    seen = Seen(there, observe(submission, there), observe(reference, there))
    return seen.values is None or observe(wrong, there) is None or explains(wrong, submission, seen)


def generic(value: Any, rng: np.random.Generator) -> Any:
    """The value with every float some way further from zero: no 1 and no 0 is left, and no sign is changed."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        moved = np.where(value == 0, 0.1, 1.0 * value) * rng.uniform(1.1, 1.5, value.shape)
        return moved.astype(value.dtype)
    if isinstance(value, float):
        return (value or 0.1) * float(rng.uniform(1.1, 1.5))
    if isinstance(value, dict):
        return {name: generic(each, rng) for name, each in value.items()}
    return type(value)(generic(each, rng) for each in value) if type(value) in (list, tuple) else value


def explains(wrong: Submission, submission: Submission, seen: Seen) -> bool:
    """Whether a known mistake gives what was seen of a submission in a call, or both never give the same twice."""
    guess = observe(wrong, seen.call)
    if same(seen.values, guess):
        return accounts(guess, seen)
    return varies(guess, observe(wrong, seen.call)) and varies(seen.values, observe(submission, seen.call))


def accounts(guess: Values, seen: Seen) -> bool:
    """Whether next to nothing is left of the error, which may be small beside the values, as in a short trajectory."""
    if guess is None or seen.values is None or seen.right is None or len(seen.right) != len(guess):
        return True
    each = [(x, y, right) for x, y, right in zip(guess, seen.values, seen.right, strict=True) if x.shape == right.shape]
    return all(
        np.abs(x - y).max() <= LEFT * np.abs(y - right).max()
        for x, y, right in each
        if x.size and x.dtype.kind == "f" and np.isfinite([x, y, right]).all()
    )


def varies(once: Values, again: Values) -> bool:
    """Whether a call repeated gives other values."""
    return once is not None and again is not None and not same(once, again)


def observe(submission: Submission, call: Call) -> Values:
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


def same(a: Values, b: Values) -> bool:
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
