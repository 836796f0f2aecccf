"""How far two markers agree (Cohen 1968, weighted kappa)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from grading.gradebook import Mark


@dataclass(frozen=True)
class Agreement:
    """Two markers on the answers that both have marked."""

    first: str
    second: str
    answers: int
    same: int
    mean_difference: float
    """Mean of |first − second| in points."""
    kappa: float
    """1 − Σ(a_i − b_i)² / mean over all pairs i, j of Σ(a_i − b_j)²: 1 is full agreement, 0 what chance gives."""


def agreement(marks: Iterable[Mark]) -> list[Agreement]:
    """Every pair of markers that share an answer.  Each marker's latest mark counts."""
    given: dict[str, dict[tuple[str, str], float]] = {}
    for mark in marks:
        given.setdefault(mark.who, {})[mark.content, mark.check] = mark.points
    names = sorted(given)
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    return [compared(a, b, given[a], given[b]) for a, b in pairs if given[a].keys() & given[b].keys()]


def compared(first: str, second: str, a: dict[tuple[str, str], float], b: dict[tuple[str, str], float]) -> Agreement:
    """One pair."""
    shared = sorted(a.keys() & b.keys())
    x, y = np.array([a[key] for key in shared]), np.array([b[key] for key in shared])
    by_chance = float(((x[:, None] - y[None, :]) ** 2).mean())
    kappa = 1.0 if by_chance == 0 else 1.0 - float(((x - y) ** 2).mean()) / by_chance
    return Agreement(first, second, len(shared), int((x == y).sum()), float(np.abs(x - y).mean()), kappa)
