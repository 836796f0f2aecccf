"""What checks assert about a submission's values, each with a message for the student.

A claim that does not hold raises `Refuted`; whatever else escapes a check is the grader's own fault and is reported
as such.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Refuted(AssertionError):
    """A claim about the submission that does not hold.

    `evidence` holds what the verdict rests on (draws, e-value, error probabilities), `mistake` the name of the
    mistake where the check itself recognises it, `example` runnable Python where the last call to the submission is
    not what shows the failure.
    """

    def __init__(
        self, message: str, *, mistake: str = "", example: str = "", evidence: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.mistake = mistake
        self.example = example
        self.evidence = evidence or {}


class NeedsHuman(Exception):
    """A check that cannot decide and says so: the points stay pending until a human has looked.  The message says
    what was tried and what there is to look at."""


def claim(holds: bool | np.bool_, message: str, *, mistake: str = "") -> None:
    """Raise Refuted with `message` unless `holds`."""
    if not holds:
        raise Refuted(message, mistake=mistake)


def array(value: Any, shape: tuple[int, ...], what: str) -> NDArray[Any]:
    """A finite float array of exactly this shape; everything else is said in words.

    Raises:
        Refuted: None, text, a list of uneven rows, another shape, NaN or infinity.
    """
    if value is None:
        raise Refuted(f"{what} is None: does the function return its result?")
    if isinstance(value, str | dict | bool):
        raise Refuted(f"{what} is {value!r:.60}, where numbers of shape {shape} were expected")
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise Refuted(f"{what} is {value!r:.60}, which is no array of numbers") from None
    if found.shape != shape:
        raise Refuted(f"{what} has shape {found.shape}, expected {shape}")
    if not np.isfinite(found).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(found))[0])
        at = f" at index {list(where)}" if where else ""
        raise Refuted(f"{what} is {found[where]}{at}, expected finite numbers")
    return found


def number(value: Any, what: str) -> float:
    """One finite number: a float, or an array with a single entry."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(())
    return float(array(value, (), what))


def close(
    actual: ArrayLike, expected: ArrayLike, what: str, *, rtol: float = 1e-6, atol: float = 0.0, oracle: str = ""
) -> None:
    """Every entry agrees: |actual − expected| ≤ atol + rtol·|expected|.

    Raises:
        Refuted: shows the entry that is furthest off, both values, and what they were compared with.
    """
    got, want = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    excess = np.abs(got - want) - (atol + rtol * np.abs(want))
    if (excess <= 0).all():
        return
    worst = np.unravel_index(int(np.nanargmax(np.where(np.isnan(excess), np.inf, excess))), excess.shape)
    at = f"[{', '.join(str(int(i)) for i in worst)}]" if worst else ""
    source = f" ({oracle})" if oracle else ""
    raise Refuted(f"{what}{at} is {got[worst]:.10g}, expected {want[worst]:.10g}{source}")
