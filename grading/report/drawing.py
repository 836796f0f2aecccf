"""A trail as inline SVG: the estimate in its confidence sequence against the claimed value, or the e-value's path.

Colours are the page's, so that the drawing follows light, dark and print; everything it says is in its text too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

from grading.feedback.sketch import ROWS, window
from grading.feedback.trail import Trail
from grading.montecarlo.confidence import ConfidenceSequence, evenly

WIDTH, HEIGHT = 460, 230
LEFT, RIGHT, TOP, BOTTOM = 62, 26, 14, 44
Scale = Callable[[float], float]


def drawing(trail: Trail) -> Markup:
    """`<svg>` with the picture and its words."""
    parts = band(trail.sequence) if trail.sequence else path(trail)
    label = escape(trail.words())
    return Markup(
        f'<svg class="trail" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )


def band(sequence: ConfidenceSequence) -> list[str]:
    """The interval as a band around the estimate; the claimed value as a dashed line."""
    low, high = window(sequence, evenly(len(sequence.draws), ROWS))
    x, y = across(sequence.draws), up(low, high)
    there = [(x(d), y(e)) for d, e in zip(sequence.draws, sequence.high, strict=True)]
    back = [(x(d), y(e)) for d, e in zip(sequence.draws, sequence.low, strict=True)][::-1]
    estimate = [(x(d), y(e)) for d, e in zip(sequence.draws, sequence.estimate, strict=True)]
    return [
        *frame(sequence.draws, low, high, x, y),
        f'<polygon class="band" points="{points(there + back)}"/>',
        f'<polyline class="line" points="{points(estimate)}"/>',
        *level(y(sequence.truth), f"should be {sequence.should_be}"),
    ]


def path(trail: Trail) -> list[str]:
    """The log e-value by draws; where it reaches the dashed line the claim is rejected."""
    top = 1.15 * trail.threshold
    low = min(0.0, *trail.against)
    x, y = across(trail.draws), up(max(low, -top / 3), top)
    way = [(x(d), y(e)) for d, e in zip(trail.draws, trail.against, strict=True)]
    return [
        *frame(trail.draws, max(low, -top / 3), top, x, y),
        f'<polyline class="line" points="{points(way)}"/>',
        f'<circle class="dot" cx="{way[-1][0]:.1f}" cy="{way[-1][1]:.1f}" r="3.5"/>',
        *level(y(trail.threshold), "rejected from here on"),
    ]


def across(draws: Sequence[float]) -> Scale:
    """Draws to pixels, logarithmically; a single look stands in the middle."""
    first, last = math.log(draws[0]), math.log(draws[-1])
    span = last - first or 1.0
    return lambda n: LEFT + (WIDTH - LEFT - RIGHT) * ((math.log(n) - first) / span if last > first else 0.5)


def up(low: float, high: float) -> Scale:
    """Values to pixels; what lies outside goes to the edge."""
    return lambda e: TOP + (HEIGHT - TOP - BOTTOM) * (1 - (min(max(e, low), high) - low) / (high - low))


def frame(draws: Sequence[float], low: float, high: float, x: Scale, y: Scale) -> list[str]:
    """Axes with a few round numbers."""
    floor = HEIGHT - BOTTOM
    lines = [f'<path class="axis" d="M{LEFT} {TOP}V{floor}H{WIDTH - RIGHT}"/>']
    lines += [
        f'<text x="{LEFT - 8}" y="{y(each) + 4:.1f}" text-anchor="end">{each:.4g}</text>' for each in ticks(low, high)
    ]
    shown = doublings(draws[0], draws[-1])
    lines += [f'<text x="{x(n):.1f}" y="{floor + 18}" text-anchor="middle">{n:,.0f}</text>' for n in shown]
    return [
        *lines,
        f'<text class="name" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">draws</text>',
    ]


def level(y: float, words: str) -> list[str]:
    """A dashed line across, with its name where there is room."""
    above = y - 6 if y > TOP + 18 else y + 16
    return [
        f'<path class="claim" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>',
        f'<text class="claim" x="{LEFT + 8}" y="{above:.1f}">{escape(words)}</text>',
    ]


def ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers."""
    step = 10 ** math.floor(math.log10((high - low) / 2))
    step *= next(each for each in (1, 2, 5, 10) if (high - low) / (each * step) <= 5)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def doublings(first: float, last: float) -> list[float]:
    """The first number of draws, the last, and at most three powers between."""
    many = max(1, round(math.log(last / first) / math.log(4))) if last > first else 0
    between = [first * (last / first) ** (k / (min(many, 4))) for k in range(1, min(many, 4))] if many else []
    return sorted({first, last, *(round(n, -len(str(round(n))) + 2) for n in between)})


def points(places: list[tuple[float, float]]) -> str:
    """For `points=`."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
