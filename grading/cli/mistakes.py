"""Errors whose text is meant for the user."""

from __future__ import annotations

from grading.assignment import CatalogueError
from grading.cluster.dask import ClusterError
from grading.gradebook import GradebookError
from grading.handout import HandoutError, WheelError
from grading.intake import IntakeProblem
from grading.marking import TableError
from grading.sandbox import SandboxUnavailable
from grading.submission.folder import LayoutError


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
    SandboxUnavailable,
    TableError,
    WheelError,
)
