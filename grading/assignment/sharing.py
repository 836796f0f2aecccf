"""A question's points shared among its checks, in amounts that people can read and that add up exactly.

Largest remainders (Hamilton's method): every check gets its share rounded down to a whole number of steps, and the
steps that are left go to the largest remainders, the first check first where they are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache

FINER = (0.5, 0.25, 0.1, 0.05, 0.01)
"""Where a step does not divide the points, or would leave a check nothing, the next finer of these is taken."""


@cache
def shared(points: float, weights: tuple[float, ...], step: float) -> tuple[float, ...]:
    """`points` shared by weight in multiples of `step`; they add up to `points`.

    >>> shared(4, (2, 2, 0.5), 0.25)
    (1.75, 1.75, 0.5)
    >>> shared(1, (1, 1, 1, 1, 1), 0.25)
    (0.2, 0.2, 0.2, 0.2, 0.2)
    """
    quotas = [exact(points) * exact(weight) / sum(map(exact, weights)) for weight in weights]
    for unit in (step, *(each for each in FINER if each < step)):
        whole = exact(points) / exact(unit)
        steps = largest_remainders([quota / exact(unit) for quota in quotas], int(whole))
        if whole.denominator == 1 and all(count or not quota for count, quota in zip(steps, quotas, strict=True)):
            return tuple(float(count * exact(unit)) for count in steps)
    return tuple(map(float, quotas))


def largest_remainders(quotas: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers near the quotas that add up to `total`."""
    counts = [int(quota) for quota in quotas]
    order = sorted(range(len(quotas)), key=lambda place: counts[place] - quotas[place])
    for place in order[: total - sum(counts)]:
        counts[place] += 1
    return counts


def exact(number: float) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    return Fraction(repr(number))
