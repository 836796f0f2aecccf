"""Errors whose text is meant for the user."""

from __future__ import annotations

import errno

from grading.assignment import CatalogueError
from grading.cluster.dask import ClusterError
from grading.gradebook import GradebookError
from grading.handout import HandoutError, WheelError
from grading.intake import IntakeProblem
from grading.sandbox import SandboxUnavailable
from grading.submission.folder import LayoutError

REMEDIES = {
    errno.ENOENT: "check the path",
    errno.EACCES: "ask for the right to it, or give another path",
    errno.ENOSPC: "make room, and run the same command again",
}


class Mistake(Exception):
    """Something in the command line that cannot be done; the message names it and the remedy."""


MISTAKES = (
    Mistake,
    CatalogueError,
    ClusterError,
    GradebookError,
    HandoutError,
    IntakeProblem,
    LayoutError,
    OSError,
    SandboxUnavailable,
    WheelError,
)


def in_words(mistake: Exception) -> str:
    """What is said of it; of what the operating system refuses: the path, why, and the remedy."""
    if not isinstance(mistake, OSError) or mistake.strerror is None:
        return str(mistake)
    path = "" if mistake.filename is None else f"{mistake.filename}: "
    return f"{path}{mistake.strerror}; {REMEDIES.get(mistake.errno or 0, 'give another path')}"
