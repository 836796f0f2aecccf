"""Comparison with an oracle that knows the usual mistakes by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike

from grading.verdict.claims import Refuted, close

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
        raise Refuted(str(refuted), mistake=named(actual, mistakes or {}, slack), evidence=refuted.evidence) from None


def named(actual: np.ndarray | float, mistakes: Mistakes, slack: np.ndarray) -> str:
    """The first mistake whose value this is, or nothing.  A mistake that has no value at this point names nothing."""
    for name, value in mistakes.items():
        with suppress(ArithmeticError, np.linalg.LinAlgError):
            if np.allclose(actual, np.asarray(value()), rtol=1e-6, atol=slack.max()):
                return name
    return ""
