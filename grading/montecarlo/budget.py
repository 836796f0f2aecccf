"""The error budget of one run, and the random numbers of one assertion.

By the union bound a run fails correct work with probability at most the sum of its assertions' alphas,
so the budget adds them up and refuses the assertion that would exceed it: 100,000 assertions at
alpha = 1e-11 are 1e-6.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grading.montecarlo.result import Result

ALPHA = 1e-11
BETA = 1e-6
FAMILY_WISE = 1e-6


class BudgetExceeded(RuntimeError):
    """One more assertion would take the run over its family-wise error rate."""


@dataclass
class Budget:
    """The assertions of one run: what they may fail by chance in all, and their results so far."""

    total: float = FAMILY_WISE
    spent: float = 0.0
    assertions: int = 0
    results: list[Result] = field(default_factory=list)

    def spend(self, alpha: float) -> None:
        """Account for one assertion before it draws. Raises BudgetExceeded if it is one too many."""
        if self.spent + alpha > self.total * (1 + 1e-9):  # the slack is for rounding in 1e5 additions
            raise BudgetExceeded(
                f"{self.assertions} Monte Carlo assertions have used {self.spent:.2e} of this run's "
                f"error budget {self.total:.2e}; one more at alpha = {alpha:.0e} would exceed it. "
                "Run fewer hypothesis examples, or split the run."
            )
        self.spent += alpha
        self.assertions += 1

    @contextmanager
    def active(self) -> Iterator[Budget]:
        """Make this the budget that every test inside the `with` block draws on."""
        token = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(token)


_current: ContextVar[Budget] = ContextVar("budget")
_of_the_process = Budget()


def current_budget() -> Budget:
    """The budget in force: that of the innermost `with budget.active()`, else one for the whole process."""
    return _current.get(_of_the_process)


def rng_for(seed: int, *keys: object) -> np.random.Generator:
    """The generator of one assertion: the same for the same seed and keys, on every platform.

    Keys are test names, numbers and arrays; equal arrays are equal keys.
    """
    digest = hashlib.blake2b(digest_size=16)
    for key in keys:
        part = f"{key.shape}{key.tolist()}" if isinstance(key, np.ndarray) else repr(key)
        digest.update(part.encode() + b"\0")
    return np.random.default_rng([seed, int.from_bytes(digest.digest())])
