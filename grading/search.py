"""How hypothesis searches for a failing example: how long, when to stop, and what it says of it: nothing.

The counterexample that people read is made from the last call (`grading.verdict.counterexample`).
"""

from __future__ import annotations

import hypothesis
import pytest
from _pytest.outcomes import Skipped

PATCH = "_hypothesis_failing_examples"
"""Where hypothesis keeps, on a failed test, what it offers to write into the test's source (with libcst installed)."""


class NoMoreExamples(Skipped):
    """Ends a check at once where no call can be answered any more; hypothesis looks for no smaller example."""


def stop_search() -> None:
    """Raises NoMoreExamples."""
    raise NoMoreExamples("no call can be answered any more")


def load_profile() -> None:
    """25 examples, each run on its own: nothing is remembered between runs, and one failure is enough."""
    hypothesis.settings.register_profile(
        "evidence",
        max_examples=25,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate, hypothesis.Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("evidence")


def forget_patch(item: pytest.Item) -> None:
    """The checks are not the student's to change."""
    vars(item).pop(PATCH, None)
