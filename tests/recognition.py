"""Comparison with an oracle that knows the usual mistakes by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike

from grading.verdict.claims import Refuted, close

FLOAT32 = "it is computed in float32; use float64"
FIRST_DIGITS = "right in the first digits only: look for single precision, a clamp, or a small number that is added"
Mistakes = Mapping[str, Callable[[], ArrayLike]]
"""The name a teacher would give the mistake, and the value it leads to."""


def agrees(
    actual: np.ndarray | float,
    expected: ArrayLike,
    what: str,
    *,
    oracle: str,
    mistakes: Mistakes | None = None,
    rtol: float = 1e-6,
    atol: ArrayLike = 0.0,
) -> None:
    """|actual - expected| <= atol + rtol |expected| in every entry.

    Raises Refuted with the entry that is furthest off, and the name of the mistake where one explains the value.
    """
    slack = np.broadcast_to(np.asarray(atol, dtype=float), np.shape(expected))
    try:
        # `close` has one absolute tolerance: entries within their own slack are compared with themselves.
        within = np.abs(np.asarray(actual) - np.asarray(expected)) <= slack
        close(actual, np.where(within, actual, expected), what, rtol=rtol, oracle=oracle)
    except Refuted as refuted:
        mistake = named(actual, expected, mistakes or {}, slack)
        raise Refuted(str(refuted), mistake=mistake, evidence=refuted.evidence) from None


def named(actual: np.ndarray | float, expected: ArrayLike, mistakes: Mistakes, slack: np.ndarray) -> str:
    """The first mistake whose value this is, or nothing.

    A mistake names nothing where it has no value, or that of correct work, as a sum over a single point has.
    """

    def near(value: ArrayLike, other: ArrayLike) -> bool:
        return np.allclose(value, other, rtol=1e-6, atol=slack.max())

    for name, value in mistakes.items():
        with suppress(ArithmeticError, np.linalg.LinAlgError):
            wrong = np.asarray(value())
            if near(actual, wrong) and not near(expected, wrong):
                return name
    if of_single_precision(np.asarray(actual), np.asarray(expected)):
        return FLOAT32
    off, size = np.abs(np.asarray(actual) - np.asarray(expected)).max(), np.abs(expected).max()
    return FIRST_DIGITS if mistakes and off <= 1e-5 * size else ""


def of_single_precision(actual: np.ndarray, expected: np.ndarray) -> bool:
    """Is every entry a float32, and none off by more than some digits of one?"""
    off = np.abs(actual - expected).max(initial=0.0) / max(1.0, np.abs(expected).max(initial=0.0))
    return bool(off < 1e-3) and np.array_equal(actual, actual.astype(np.float32))
