"""What a draw function gives, brought to one form before any test looks at it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

Draw = Callable[[int, np.random.Generator], np.ndarray]
"""draw(n, rng) gives n independent draws, one a row."""


class NotADraw(Exception):
    """What the draw function gave is no draw at all; the message is for the student."""


def columns(draw: Draw, n: int, rng: np.random.Generator, d: int) -> Float[np.ndarray, "n d"]:
    """n finite rows of d numbers; for d = 1 the rows may be plain numbers. Raises NotADraw."""
    rows = np.asarray(draw(n, rng))
    if rows.ndim == 0 or len(rows) != n or rows.dtype.kind not in "fiu":
        raise NotADraw(f"Asked for {n} draws, one a row, and got {rows.dtype} of shape {rows.shape}.")
    if d == 1 and rows.ndim == 1:
        rows = rows[:, None]
    if rows.shape != (n, d):
        raise NotADraw(f"The draws have shape {rows.shape}, one row a draw should give {(n, d)}.")
    bad = ~np.isfinite(rows).all(axis=1)
    if bad.any():
        first = int(np.argmax(bad))
        raise NotADraw(f"Draw {first} is not finite: {np.array2string(rows[first], precision=4, threshold=8)}.")
    return rows.astype(float)


def labels(draw: Draw, n: int, rng: np.random.Generator, k: int) -> Int[np.ndarray, " n"]:
    """n integers 0..k-1. Raises NotADraw."""
    values = columns(draw, n, rng, 1)[:, 0]
    bad = (values < 0) | (values >= k) | (values != np.floor(values))
    if bad.any():
        first = int(np.argmax(bad))
        raise NotADraw(f"Draw {first} is {values[first]:g}, not a category 0..{k - 1}.")
    return values.astype(int)
