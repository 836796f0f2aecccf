"""How much may be handed in, and what is said where it cannot be taken in."""

from __future__ import annotations

from dataclasses import dataclass

MiB = 2**20


class IntakeProblem(Exception):
    """Something handed in that cannot be taken in; the message says what, why and what to do."""


@dataclass(frozen=True)
class Allowance:
    """The most that one submission may hold, unpacked."""

    files: int = 2_000
    total: int = 256 * MiB
    file: int = 64 * MiB
    """A larger file is left out and named; the rest is graded."""
    archive: int = 256 * MiB
    """Bytes of a zip or tar as it was handed in."""
    directory: int = 8 * MiB
    """Bytes of a zip's table of contents, which is read before anything else."""
    depth: int = 20


BULK = Allowance(files=200_000, total=2**37, file=2**31, archive=2**36, directory=256 * MiB)
"""For a class's bulk download, which a learning platform packed; what is in it is measured again, one by one."""
