"""Which places of the census made a message: noted as their exceptions are made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.suite.errors.census import PROJECT, Place, told
from tests.suite.errors.classes import TOLD


@contextmanager
def listening() -> Iterator[set[Place]]:
    """The places that make a message while this lasts."""
    heard: set[Place] = set()
    at = {(str(PROJECT / place.file), line): place for place in told() for line in range(place.first, place.last + 1)}
    with ExitStack() as wrapped:
        for each in TOLD:
            wrapped.enter_context(patch.object(each, "__init__", noting(each.__init__, at, heard)))
        yield heard


def noting(make: Callable[..., None], at: dict[tuple[str, int], Place], heard: set[Place]) -> Callable[..., None]:
    """An `__init__` that notes the place it is called from, directly or through a function that makes the exception."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        frame = sys._getframe(1)
        while frame is not None:
            place = at.get((str(Path(frame.f_code.co_filename)), frame.f_lineno))
            if place is not None:
                heard.add(place)
                break
            frame = frame.f_back  # type: ignore[assignment]
        make(self, *args, **kwargs)

    return init
