"""Parameters drawn away from special values, over the ranges in which the contract must hold.

Generic points matter: many a wrong formula is right where a prior mean is 0 or a rate is 1.
"""

from __future__ import annotations

import math

from hypothesis import strategies as st


def log_uniform(low: float, high: float) -> st.SearchStrategy[float]:
    """Positive numbers, evenly spread over orders of magnitude; shrinks towards `low`·e."""
    return st.floats(math.log(low), math.log(high)).map(lambda u: round(math.exp(u), 12))


def seeds() -> st.SearchStrategy[int]:
    """Seeds of numpy generators, for data too long to shrink entry by entry."""
    return st.integers(0, 2**32 - 1)


SHAPES = log_uniform(0.05, 1e4)
"""Gamma shapes."""
RATES = log_uniform(1e-3, 1e3)
"""Gamma rates and precisions."""
LOCATIONS = st.floats(-50.0, 50.0).map(lambda u: round(u, 6))
"""Means."""
