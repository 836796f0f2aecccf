"""Which places of the census made a message: noted as the exception or the note is made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from traceback import walk_stack
from typing import Any
from unittest.mock import patch

from grading.doctor.examine import Finding
from grading.intake.store import Copy
from tests.suite.errors.census import PROJECT, Place, noted, told
from tests.suite.errors.classes import TOLD

MAKERS: list[tuple[type, str]] = [*((each, "__init__") for each in (*TOLD, Finding)), (Copy, "leave_out")]
"""What every told place and every note calls in the end."""


@contextmanager
def listening() -> Iterator[set[Place]]:
    """The places that make a message while this lasts."""
    heard: set[Place] = set()
    with ExitStack() as wrapped:
        for owner, name in MAKERS:
            wrapped.enter_context(patch.object(owner, name, noting(getattr(owner, name), heard)))
        yield heard


@cache
def lines() -> dict[tuple[str, int], Place]:
    """Each line of each place."""
    every = (*told(), *noted())
    return {(str(PROJECT / place.file), line): place for place in every for line in range(place.first, place.last + 1)}


def noting(make: Callable[..., None], heard: set[Place]) -> Callable[..., None]:
    """A function that notes the place it is called from, directly or through one that makes the exception."""

    def wrapper(*args: Any, **kwargs: Any) -> None:
        stack = ((frame.f_code.co_filename, line) for frame, line in walk_stack(sys._getframe(1)))
        heard.update([lines()[here] for here in stack if here in lines()][:1])
        make(*args, **kwargs)

    return wrapper
