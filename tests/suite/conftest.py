"""The suite's tests of itself: no checks of a submission, and left out where one is checked, as in a handout."""

from __future__ import annotations

import pytest

from grading.places import PROJECT


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """None leaves it to pytest."""
    checks = config.getoption("--question") or config.getoption("--submission") or config.rootpath != PROJECT
    return True if checks else None
