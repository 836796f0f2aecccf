"""Who handed in which entries of a folder, by the names that learning platforms or people gave them.

Canvas   lovelaceada_4711_98765_work.zip, lovelaceada_LATE_4711_98766_gamma.py     student, Canvas id, file id
Moodle   Ada Lovelace_657717_assignsubmission_file_/work.zip                        student, participant's id
else     ada/, ada.zip                                                              the name before the ending
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from grading.intake.store import CACHES, readable

CANVAS = re.compile(r"(?P<student>[^_]+?)(?P<late>_LATE)?_(?P<id>\d+)_(?P<file>\d+)_(?P<name>.+)", re.DOTALL)
MOODLE = re.compile(r"(?P<student>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<name>.*)", re.DOTALL)
AGAIN = re.compile(r"-\d+(?=\.\w+$)")
"""Canvas calls the second upload of gamma.py gamma-1.py."""
ENDINGS = (".tar.gz", ".tgz", ".tar", ".zip", ".py", ".ipynb")


@dataclass(frozen=True)
class Entry:
    """One file or folder of the class's folder."""

    path: Path
    name: str
    """As the student called it."""


@dataclass(frozen=True)
class Owner:
    """Whose a submission is.  `certain` where a learning platform says so."""

    name: str
    certain: bool = False
    late: bool = False


def by_owner(folder: Path) -> dict[Owner, list[Entry]]:
    """The entries of a class's folder, by who handed them in, in the order of their names."""
    owners, found = defaultdict[str, list[Owner]](list), defaultdict[str, list[Entry]](list)
    for path in sorted(folder.iterdir()):
        if path.name not in CACHES and not path.name.startswith("."):
            owner, name = owner_of(readable(path.name))
            owners[owner.name].append(owner)
            found[owner.name].append(Entry(path, name))
    return {together(owners[name]): entries for name, entries in found.items()}


def together(owners: list[Owner]) -> Owner:
    """One person, as several entries speak of them."""
    return Owner(owners[0].name, any(each.certain for each in owners), any(each.late for each in owners))


def owner_of(entry: str) -> tuple[Owner, str]:
    """Whose an entry of this name is, and what its owner called it."""
    if match := MOODLE.fullmatch(entry):
        return Owner(f"{match['student']}_{match['id']}", certain=True), match["name"] or entry
    if match := CANVAS.fullmatch(entry):
        return Owner(f"{match['student']}_{match['id']}", certain=True, late=bool(match["late"])), AGAIN.sub(
            "", match["name"]
        )
    ending = next((ending for ending in ENDINGS if entry.lower().endswith(ending)), "")
    return Owner(entry[: len(entry) - len(ending)] or entry), entry
