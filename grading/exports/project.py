"""This project's own files, as an autograder needs them: without the reference solution and the suite's own tests."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("derivations", "tests", "grading")
WITHOUT = ("tests/suite", "derivations/notebooks", "grading/examples")
TOP = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")


class NotASource(Exception):
    """The project runs from an installation without its source tree; the message says what to do."""


def project_files() -> dict[str, bytes]:
    """Relative path to content.  Raises NotASource."""
    absent = [name for name in TOP[:2] if not (PROJECT / name).is_file()]
    if absent:
        raise NotASource(f"{PROJECT} has no {absent[0]}: run this from a clone of the project")
    found = [PROJECT / name for name in TOP if (PROJECT / name).is_file()]
    found += [path for room in ROOMS for path in sorted((PROJECT / room).rglob("*")) if path.is_file()]
    names = {str(path.relative_to(PROJECT)): path for path in found}
    kept = {name: path for name, path in names.items() if not name.startswith(WITHOUT) and "__pycache__" not in name}
    return {name: path.read_bytes() for name, path in kept.items()}
