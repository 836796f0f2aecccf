"""A trail as a few lines of text: intervals that shrink around an estimate, beside the value that was claimed."""

from __future__ import annotations

import math

from grading.feedback.trail import Trail
from grading.montecarlo.confidence import ConfidenceSequence, evenly

ROWS = 6
WIDE = 52
"""Columns of the plotted range."""
BLOCKS = "▁▂▃▄▅▆▇█"


def sketch(trail: Trail) -> list[str]:
    """At most ROWS + 3 lines, at most 70 columns wide."""
    return intervals(trail.sequence) if trail.sequence else sparkline(trail)


def intervals(sequence: ConfidenceSequence) -> list[str]:
    """One line a look: `├──●──┤` is the interval with its estimate, `┃` the claimed value.

    16  ◀──────────────●──────────────▶
    64     ├──●───┤     ┃
    """
    shown = evenly(len(sequence.draws), ROWS)
    left, right = window(sequence, shown)
    rows = [f"{sequence.draws[i]:>8,.0f}  {row(sequence, i, left, right)}" for i in shown]
    mark = column(sequence.truth, left, right)
    label = f"┃ {sequence.should_be}"
    below = label.rjust(mark + 1) if mark + len(label) > WIDE else " " * mark + label
    if mark + len(label) > WIDE:
        below = f"{sequence.should_be} ┃".rjust(mark + 1)
    return [*rows, f"{'draws':>8}  {below}"]


def window(sequence: ConfidenceSequence, shown: list[int]) -> tuple[float, float]:
    """The plotted range: the claim, the estimates of the later looks and the last interval, with some air."""
    later = shown[len(shown) // 2 :]
    points = [sequence.truth, *(sequence.estimate[i] for i in later)]
    points += [end for i in later[-2:] for end in (sequence.low[i], sequence.high[i]) if abs(end) < 1e299]
    air = 0.08 * (max(points) - min(points)) or 1.0
    return min(points) - air, max(points) + air


def column(x: float, left: float, right: float) -> int:
    """The column of a value, from 0 to WIDE - 1; what lies outside goes to the edge."""
    share = min(max((x - left) / (right - left), 0.0), 1.0)
    return round(share * (WIDE - 1))


def row(sequence: ConfidenceSequence, i: int, left: float, right: float) -> str:
    """One interval."""
    low, high, estimate = sequence.low[i], sequence.high[i], sequence.estimate[i]
    a, b = column(low, left, right), column(high, left, right)
    cells = [" "] * WIDE
    cells[a : b + 1] = "─" * (b + 1 - a)
    cells[a], cells[b] = "◀" if low < left else "├", "▶" if high > right else "┤"
    cells[column(sequence.truth, left, right)] = "┃"
    if left <= estimate <= right:
        cells[column(estimate, left, right)] = "●"
    return "".join(cells).rstrip()


def sparkline(trail: Trail) -> list[str]:
    """The log e-value by draws; a full block has reached the threshold."""
    every = max(1, math.ceil(len(trail.against) / WIDE))
    heights = [min(max(each / trail.threshold, 0.0), 1.0) for each in trail.against[::-every][::-1]]
    bar = "".join(BLOCKS[math.floor(height * (len(BLOCKS) - 1))] for height in heights)
    return [f"  {bar}", f"  {trail.draws[0]:,.0f} to {trail.draws[-1]:,.0f} draws; █ is where the claim is rejected"]
