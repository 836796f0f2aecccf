"""What a submission uses at this moment, all its processes together, against its limits.

The kernel enforces limits per process (`confine.limit`); the sum over processes and the scratch folder are watched
from outside, ten times a second while the judge waits for an answer.
"""

from __future__ import annotations

from pathlib import Path

from grading.sandbox import processes
from grading.sandbox.policy import Limits, MiB
from grading.sandbox.scratch import usage


def excess(server: int, scratch: Path, limits: Limits) -> str | None:
    """What the processes below `server` use too much of, or None."""
    below = processes.descendants(server)
    if sum(map(processes.tasks, below)) > limits.tasks:
        return f"it ran more than {limits.tasks} processes and threads at once"
    shared = processes.private_memory(server)
    if sum(max(0, processes.private_memory(pid) - shared) for pid in below) > limits.memory:
        return f"its processes used more than {limits.memory // MiB} MB of memory together"
    size, files = usage(scratch, limits.scratch_files)
    if size > limits.scratch or files > limits.scratch_files:
        return f"it wrote more than {limits.scratch // MiB} MB or {limits.scratch_files} files"
    return None
