"""Take in one submission or a class: who, a safe copy, and what was left out or refused."""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from grading.assignment import contract
from grading.intake.problem import BULK, Allowance, IntakeProblem
from grading.intake.store import Copy, readable
from grading.intake.unpack import is_archive, unpack
from grading.intake.whose import Entry, Owner, by_owner, owner_of
from grading.sandbox.scratch import remove

SIGNS = {"submission.toml", "implementations", "answers.md", "answers.py", "answers.ipynb"}
RATIO = 20
"""How much longer a class's archive may become by being unpacked; text packs ten to one."""
EMPTY = "nothing in it that can be graded: put submission.toml, answers.md and implementations/ at its top"


@dataclass(frozen=True)
class Taken:
    """One submission, taken in."""

    owner: Owner
    source: str
    """What it was handed in as."""
    folder: Path
    """The private copy; empty where there is a problem."""
    notices: tuple[str, ...] = ()
    """What was left out, in words for the student."""
    problem: str = ""
    """Why it could not be taken in, or empty."""


def take_in(source: Path, store: Path, allowance: Allowance | None = None) -> list[Taken]:
    """Copy what was handed in into `store`, a private folder, one read-only folder a submission.

    `source` is a submission, a folder of submissions, or an archive of either.  What is wrong with one submission is
    said in its `Taken`; the others are taken in.

    Raises:
        IntakeProblem: there is nothing at `source`, or nothing that could be submissions.
    """
    allowance = allowance or Allowance()
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    if source.is_file():
        return from_file(source, store, allowance)
    if not source.is_dir():
        raise IntakeProblem(f"{source}: no such file or folder; give a submission, or a folder or zip of submissions")
    return from_folder(source.resolve(), Owner(readable(source.resolve().name)), store, allowance)


def from_file(source: Path, store: Path, allowance: Allowance) -> list[Taken]:
    """A lone file: an archive of one submission or of many, or a module."""
    owner, name = owner_of(readable(source.name))
    if not is_archive(source):
        return [take(owner, [Entry(source, name)], store, allowance)]
    bulk = Copy(store / ".bulk", replace(BULK, total=allowance.total + RATIO * source.stat().st_size))
    remove(bulk.folder)
    bulk.folder.mkdir(mode=0o700)
    try:
        unpack(source, bulk)
        found = from_folder(inner(bulk.folder), owner, store, allowance)
    except IntakeProblem as problem:
        raise IntakeProblem(f"{source}: {problem}") from None
    finally:
        remove(bulk.folder)
    if len(found) == 1:
        return [replace(found[0], notices=(*bulk.notices, *found[0].notices))]
    return found


def from_folder(folder: Path, owner: Owner, store: Path, allowance: Allowance) -> list[Taken]:
    """A submission, or a class's folder."""
    if is_submission(folder):
        return [take(owner, [Entry(folder, folder.name)], store, allowance)]
    owners = by_owner(folder)
    if not owners:
        raise IntakeProblem(f"{folder}: no submission in it; {EMPTY}")
    return [take(each, entries, store, allowance) for each, entries in owners.items()]


def take(owner: Owner, entries: list[Entry], store: Path, allowance: Allowance) -> Taken:
    """One submission's copy."""
    folder, raw = store / slug(owner.name), store / f".{slug(owner.name)}"
    for old in (folder, raw):
        remove(old)
    raw.mkdir(mode=0o700)
    copy, problem = Copy(raw, allowance), ""
    try:
        for entry in entries:
            fill(copy, entry)
        if not is_submission(inner(raw)):
            copy.notices.append(EMPTY)
        shutil.move(inner(raw), folder)
    except IntakeProblem as error:
        problem = str(error)
        folder.mkdir()
    remove(raw)
    Copy(folder, allowance).seal()
    return Taken(owner, ", ".join(readable(e.path.name) for e in entries), folder, tuple(copy.notices), problem)


def fill(copy: Copy, entry: Entry) -> None:
    """Add an entry to a copy: a folder's files, an archive's members, or the file itself."""
    mode = entry.path.lstat().st_mode
    if stat.S_ISDIR(mode):
        children = sorted(entry.path.iterdir())
        packed = [each for each in children if not each.is_symlink() and each.is_file() and is_archive(each)]
        if packed and not is_submission(entry.path):
            for child in children:
                fill(copy, Entry(child, child.name))
        else:
            copy.add_folder(entry.path)
    elif not stat.S_ISREG(mode):
        copy.leave_out(entry.name, "it is a link, a device, a FIFO or a socket")
    elif is_archive(entry.path):
        unpack(entry.path, copy)
    else:
        with entry.path.open("rb") as page:
            copy.write(entry.name, entry.path.stat().st_size, page)


def is_submission(folder: Path) -> bool:
    """Does it hold, at its top, something that is graded?"""
    known = SIGNS | {f"{module}{ending}" for module in contract() for ending in (".py", ".ipynb")}
    return any((folder / name).exists() for name in known)


def inner(folder: Path) -> Path:
    """The submission's own folder, where archives wrap it in further ones."""
    while not is_submission(folder):
        inside = [each for each in folder.iterdir() if not each.name.startswith(".")]
        if len(inside) != 1 or not inside[0].is_dir():
            break
        folder = inside[0]
    return folder


def slug(name: str) -> str:
    """A folder name for a person's: letters of it, and a few digits so that no two share one."""
    letters = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return f"{letters}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
