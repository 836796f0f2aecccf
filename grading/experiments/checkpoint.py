"""Training states on disk: written whole or not at all, so a kill at any moment leaves the last epoch's state."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grading.experiments.epoch import State

PARTS = ("parameters", "first", "second")


def write_checkpoint(path: Path, state: State, trace: list[dict[str, Any]]) -> None:
    """State and trace, into a new file that then takes the old one's place."""
    arrays = {f"{part}/{name}": value for part in PARTS for name, value in state[part].items()}
    record = np.frombuffer(msgspec.json.encode({"steps": state["steps"], "trace": trace}), np.uint8)
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        np.savez(file, record=record, **arrays)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def read_checkpoint(path: Path) -> tuple[State, list[dict[str, Any]]] | None:
    """State and trace, or None where there is no checkpoint."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as archive:
        record = msgspec.json.decode(archive["record"].tobytes())
        state: State = {part: {} for part in PARTS}
        for key in archive.files:
            part, _, name = key.partition("/")
            if part in PARTS:
                state[part][name] = archive[key]
    state["steps"] = record["steps"]
    return state, record["trace"]
