"""Processor seconds of a call, and tables of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

ENOUGH = 0.05
"""Seconds that one measurement should last, so that the clock's resolution does not matter."""


class Row(NamedTuple):
    """One line of a table."""

    what: str
    seconds: float
    note: str = ""


def seconds(call: Callable[[], object], repeats: int = 7) -> float:
    """The least processor time of one call, over repeated measurements: what others do meanwhile does not count."""
    best, number = float("inf"), 1
    for _ in range(repeats):
        while (spent := measured(call, number)) < ENOUGH:
            number *= 2
        best = min(best, spent / number)
    return best


def measured(call: Callable[[], object], number: int) -> float:
    """Processor seconds of `number` calls in a row."""
    begun = time.process_time()
    for _ in range(number):
        call()
    return time.process_time() - begun


def table(title: str, rows: Iterable[Row]) -> str:
    """Plain text, times in a unit that fits."""
    lines = [title, ""]
    lines += [f"  {row.what:<52}{readable(row.seconds):>12}   {row.note}".rstrip() for row in rows]
    return "\n".join(lines)


def readable(value: float) -> str:
    """`73.1 µs`, `12.0 ms`, `0.42 s`."""
    for factor, unit in ((1e6, "µs"), (1e3, "ms")):
        if value * factor < 1000:
            return f"{value * factor:.1f} {unit}"
    return f"{value:.2f} s"
