"""The identity of a submission: a hash of what it hands in.

Who handed it in is not part of that: two folders that differ in the `name` of `submission.toml` alone are the same
work, graded once and shown to the instructor as such.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from grading.places import PROJECT
from grading.submission.folder import table_of

IGNORED = {"__pycache__", "node_modules", "build", "dist", "out"}
NAMES = {"name", "id", "names", "ids"}
BLOCK = 2**20
NOTHING = hashlib.sha256().hexdigest()
"""The hash of a submission without a file."""


def content_hash(folder: Path) -> str:
    """SHA-256 over the relative paths, kinds and bytes of all files; 64 hexadecimal digits.

    Hidden folders and caches do not count.  Links count by their target's name and are not followed; devices, sockets
    and FIFOs count by their kind and are not opened.
    """
    digest = hashlib.sha256()
    for path in files_of(folder) if folder.resolve() != PROJECT else reference_files():
        name = os.fsencode(path.relative_to(folder))
        digest.update(len(name).to_bytes(4) + name)
        for part in parts_of(path, top=path.parent == folder):
            digest.update(part)
    return digest.hexdigest()


def files_of(folder: Path) -> Iterator[Path]:
    """Everything in the folder that is no folder itself, in a fixed order."""
    for entry in sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name)):
        if entry.name in IGNORED or entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from files_of(Path(entry.path))
        else:
            yield Path(entry.path)


def reference_files() -> Iterator[Path]:
    """Of this project's own folder, what is its submission; the suite around it is not."""
    for path in sorted(PROJECT.iterdir()):
        if path.name == "submission.toml" or path.stem == "answers":
            yield path
    yield from files_of(PROJECT / "implementations")


def parts_of(path: Path, *, top: bool) -> Iterator[bytes]:
    """What one file adds to the hash: its kind, then its length and bytes."""
    status = path.lstat()
    yield stat.S_IFMT(status.st_mode).to_bytes(4)
    if stat.S_ISLNK(status.st_mode):
        yield os.fsencode(os.readlink(path))
    elif stat.S_ISREG(status.st_mode):
        if top and path.name == "submission.toml":
            yield nameless(path.read_bytes())
            return
        yield status.st_size.to_bytes(8)
        with path.open("rb") as page:
            while block := page.read(BLOCK):
                yield block


def nameless(page: bytes) -> bytes:
    """`submission.toml` without the lines that say whose it is; as it stands where it cannot be read."""
    try:
        table = table_of(page)
    except ValueError:
        return page
    return repr(sorted((key, value) for key, value in table.items() if key not in NAMES)).encode()
