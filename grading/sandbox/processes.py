"""A tree of processes: who is in it, what it uses, how it ends.

The fork server is the subreaper of all it starts, so a process that leaves its session and its parent ("daemonises")
still turns up below the server, and is found here.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
UNBACKED = "RssAnon:", "RssShmem:", "VmSwap:"
"""Lines of /proc/PID/status, in kB."""


def children(pid: int) -> list[int]:
    """Direct children, whichever thread started them; none for a process that is gone."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """All processes below `pid`."""
    found = children(pid)
    for child in found:  # grows while it is walked
        found += children(child)
    return found


def end(pid: int, keep: Collection[int] = (), patience: float = 10.0) -> None:
    """Kill all processes below `pid`, except those in `keep`, until none is left.

    Raises:
        TimeoutError: processes were still there after `patience` seconds (the kernel may hold one in a read).
    """
    deadline = time.monotonic() + patience
    while left := [each for each in descendants(pid) if each not in keep and alive(each)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(left)} processes of a submission could not be killed")
        for each in left:
            kill(each)
        time.sleep(0.001)


def kill(pid: int) -> None:
    """SIGKILL, unless it is gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def state(pid: int) -> str:
    """One letter as in proc(5): `R`, `S`, `Z` for a zombie, ...; empty where there is no such process."""
    return status(pid)[0]


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far; 0 where it is gone."""
    fields = status(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS if len(fields) > 12 else 0.0


def status(pid: int) -> list[str]:
    """The fields of /proc/PID/stat that follow the name; one empty field where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return [""]


def alive(pid: int) -> bool:
    """Neither gone nor a zombie."""
    return state(pid) not in ("", "Z", "X")


def tasks(pid: int) -> int:
    """Number of threads of a process."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def private_memory(pid: int) -> int:
    """Bytes of memory that no file backs, also where they are swapped out; what several share counts for each."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(UNBACKED))


def tasks_of_user(uid: int) -> int:
    """Threads of all processes that run under a user id."""
    return sum(tasks(pid) for pid in processes() if owner(pid) == uid)


def processes() -> Iterator[int]:
    """All process ids."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def owner(pid: int) -> int | None:
    """The user id of a process, None where it is gone."""
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except FileNotFoundError:
        return None
