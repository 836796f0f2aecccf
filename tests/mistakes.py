"""Compare with a definition, and name the mistake where a wrong value is one that a known mistake would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from grading.claims import Refuted, close


def agrees(
    actual: ArrayLike,
    expected: ArrayLike,
    what: str,
    *,
    mistakes: Mapping[str, Any] | None = None,
    rtol: float = 1e-6,
    atol: float = 0.0,
    oracle: str = "",
) -> None:
    """`close`, with the name of the first of `mistakes` (name to the value it gives) that fits in `Refuted.mistake`."""
    try:
        close(actual, expected, what, rtol=rtol, atol=atol, oracle=oracle)
    except Refuted as refuted:
        for name, value in (mistakes or {}).items():
            if fits(actual, value, rtol=max(rtol, 1e-5), atol=atol):
                raise Refuted(str(refuted), mistake=name, evidence=refuted.evidence) from None
        raise


def fits(actual: ArrayLike, value: Any, *, rtol: float, atol: float = 0.0) -> bool:
    """Same shape and every entry as close as asked."""
    got, want = np.asarray(actual, dtype=float), np.asarray(value, dtype=float)
    return got.shape == want.shape and bool(np.allclose(got, want, rtol=rtol, atol=atol, equal_nan=False))
