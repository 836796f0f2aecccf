"""This project's own files, as an autograder needs them: what an installation has, which holds no solution."""

from __future__ import annotations

import tomllib

from grading.places import PROJECT

TOP = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")


class NotASource(Exception):
    """The project runs from an installation without its source tree; the message says what to do."""


def project_files() -> dict[str, bytes]:
    """Relative path to content.  Raises NotASource."""
    absent = [name for name in TOP[:2] if not (PROJECT / name).is_file()]
    if absent:
        raise NotASource(f"{PROJECT} has no {absent[0]}: run this from a clone of the project")
    rooms, without = installed()
    found = [PROJECT / name for name in TOP if (PROJECT / name).is_file()]
    found += [path for room in rooms for path in sorted((PROJECT / room).rglob("*")) if path.is_file()]
    names = {str(path.relative_to(PROJECT)): path for path in found}
    kept = {name: path for name, path in names.items() if not name.startswith(without) and "__pycache__" not in name}
    return {name: path.read_bytes() for name, path in kept.items()}


def installed() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rooms that are installed, and the folders in them that are not: pyproject.toml says both."""
    said = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    find = said["tool"]["setuptools"]["packages"]["find"]
    rooms, without = (tuple(each.rstrip("*").replace(".", "/") for each in find[key]) for key in ("include", "exclude"))
    return rooms, without
