"""What a process of submitted code may read, write and use up."""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from grading.places import PROJECT

MiB, GiB = 2**20, 2**30
ROOMS = ("derivations", "implementations", "tests", "grading")
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo")
DEVICES = ("/dev/urandom", "/dev/null")


class Isolation(StrEnum):
    """How far submitted code is kept from the grader's machine."""

    SANDBOX = "sandbox"
    """Landlock, seccomp and limits."""
    PROCESS = "process"
    """A process of its own and limits, nothing more: only for code that is trusted, and said so in every report."""


@dataclass(frozen=True)
class Limits:
    """What one process of submitted code may use up; wall time is the transport's to watch."""

    memory: int = 3 * GiB
    """Bytes beyond the warm interpreter, for each process and for all of them together."""
    tasks: int = 64
    """Processes and threads together."""
    open_files: int = 256
    file_size: int = 64 * MiB
    scratch: int = 256 * MiB
    """Bytes in the scratch folder."""
    scratch_files: int = 2_000
    cpu_seconds: int = 4 * 3600
    """Processor time of each process."""


@dataclass(frozen=True)
class Policy:
    """One submission's own world: its folder to read, a scratch folder to write, and its limits."""

    folder: Path
    scratch: Path
    limits: Limits = field(default_factory=Limits)
    isolation: Isolation = Isolation.SANDBOX

    def readable(self) -> list[Path]:
        """Everything that may be read: the submission, the interpreter, its libraries."""
        return [self.folder, *libraries()]


@cache
def libraries() -> list[Path]:
    """The interpreter's and the system's libraries, without this project's own rooms where they are among them."""
    own = own_rooms()
    roots = [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_config_var("LIBDIR") or "/usr/lib")]
    roots += [Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages", "lib-dynload"))]
    roots += [Path(path) for path in (*SYSTEM, *DEVICES)]
    return sorted({part for root in roots if root.exists() for part in without(root.resolve(), own)})


def own_rooms() -> set[Path]:
    """The folders of this project's packages: the reference, the checks, the derivations, the grader."""
    return {PROJECT / room for room in ROOMS}


def without(root: Path, excluded: set[Path]) -> list[Path]:
    """Paths that together cover `root` except what lies under `excluded` (Landlock can allow, not take back)."""
    if root in excluded:
        return []
    if not any(path.is_relative_to(root) for path in excluded):
        return [root]
    entries = [Path(entry.path) for entry in os.scandir(root) if not entry.is_symlink()]
    return [part for entry in entries for part in without(entry, excluded)]
