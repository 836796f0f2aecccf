"""What a check lays before the reader of its verdict: numbers by name, and pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec

from grading.verdict.outcome import Outcome, Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 400_000
"""Characters of SVG; a larger picture is refused where it is drawn."""

DRAWN: WeakKeyDictionary[Figure, str] = WeakKeyDictionary()
"""A figure that is kept for every submission is drawn once."""


def drawn(figure: Figure) -> str:
    """SVG, the same for the same figure."""
    page = io.StringIO()
    figure.savefig(page, format="svg", bbox_inches="tight", metadata={"Date": None})
    return page.getvalue()


@dataclass
class Exhibits:
    """Filled by a check while it runs; shown with its outcome whether it passes or not."""

    facts: dict[str, float | str | list[float]] = field(default_factory=dict)
    plots: list[Plot] = field(default_factory=list)

    def fact(self, name: str, value: float | str | list[float]) -> None:
        """A number, a text or a short list that the verdict rests on, e.g. `draws`."""
        self.facts[name] = value

    def plot(self, figure: Figure, title: str, alt: str) -> None:
        """A matplotlib figure; `alt` says in words what it shows.

        Raises:
            ValueError: the drawing is larger than a report should carry.
        """
        svg = DRAWN.get(figure) or DRAWN.setdefault(figure, drawn(figure))
        if len(svg) > LARGEST:
            raise ValueError(f"the plot {title!r} takes {len(svg)} characters; draw fewer points")
        self.plots.append(Plot(title, alt, svg[svg.index("<svg") :]))

    def shown_with(self, outcome: Outcome) -> Outcome:
        """The outcome, with what was laid down."""
        if not self.facts and not self.plots:
            return outcome
        return msgspec.structs.replace(outcome, evidence=self.facts | outcome.evidence, plots=self.plots)
