"""Who handed in what: the submissions of a folder, with the identity of each one's content."""

from __future__ import annotations

from pathlib import Path

from grading.gradebook import HandedIn, content_hash
from grading.submission.folder import Layout, LayoutError

SIGNS = ("submission.toml", "implementations", "answers.md", "answers.py")
"""A folder that holds one of these is a submission; any other folder is a class."""


def entries(folder: Path) -> list[HandedIn]:
    """The submissions in a folder, by name.

    Raises:
        LayoutError: there is no such folder, or no submission in it.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise LayoutError(f"{folder}: no such folder. Give a submission, or the folder that holds all of them.")
    if any((root / sign).exists() for sign in SIGNS):
        return [entry(root)]
    found = [entry(path) for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    if not found:
        raise LayoutError(f"{folder}: no submission in it. A submission is a folder with {', '.join(SIGNS)}.")
    return found


def entry(folder: Path) -> HandedIn:
    """One submission; a `submission.toml` that cannot be read is a notice, and the folder's name serves."""
    try:
        name, notices = Layout.read(folder).name, []
    except (LayoutError, OSError, ValueError, RecursionError) as error:
        name, notices = folder.name, [str(error)]
    return HandedIn(name, content_hash(folder), str(folder), notices)
