"""A private copy of a submission: regular files and folders only, within an allowance, read-only in the end.

Links, devices, FIFOs and sockets are left out and never opened.  So are caches, version histories and environments,
which nobody means to hand in.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from grading.intake.problem import Allowance, IntakeProblem, MiB

CACHES = {"__pycache__", "__MACOSX", "node_modules", "Thumbs.db"}
"""Left out without a word, like everything hidden."""
ENVIRONMENT = "pyvenv.cfg"
BLOCK = 2**16
NAME_BYTES = 255
OUTSIDE = re.compile(r"/|[A-Za-z]:")
NAMING = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}
"""Errors that a file's name can cause."""


class Opened(Protocol):
    """Something that is read block by block."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""


@dataclass
class Copy:
    """A copy in the making."""

    folder: Path
    allowance: Allowance
    notices: list[str] = field(default_factory=list)
    files: int = 0
    total: int = 0

    def admit(self, name: str, size: int) -> Path | None:
        """Where a file of this relative name goes; None where it is left out.

        Raises:
            IntakeProblem: the submission as a whole is too large.
        """
        parts = PurePosixPath(name).parts
        if any(part in CACHES or (part.startswith(".") and part != "..") for part in parts):
            return None
        self.count(size if size <= self.allowance.file else 0)
        if size > self.allowance.file:
            self.leave_out(name, f"it has {size // MiB} MB, at most {self.allowance.file // MiB} are taken")
        elif not parts or ".." in parts or OUTSIDE.match(name) or "\0" in name:
            self.leave_out(name, "its name leads outside the submission")
        elif len(parts) > self.allowance.depth:
            self.leave_out(name, f"it lies more than {self.allowance.depth} folders deep")
        else:
            return self.folder.joinpath(*map(readable, parts))
        return None

    def count(self, size: int) -> None:
        """Raises IntakeProblem where there is more than the allowance."""
        self.files, self.total = self.files + 1, self.total + size
        if self.files > self.allowance.files:
            raise IntakeProblem(f"it has more than {self.allowance.files} files; hand in your own files only")
        if self.total > self.allowance.total:
            raise IntakeProblem(f"it has more than {self.allowance.total // MiB} MB; hand in your own files only")

    def leave_out(self, name: str, why: str) -> None:
        """Note what is not in the copy; of many, the first."""
        if len(self.notices) < 20:
            self.notices.append(f"left out {readable(name)[:200]!r}: {why}")

    def write(self, name: str, size: int, opened: Opened) -> None:
        """Copy one file's bytes, as far as it says it is long, and not one more."""
        target = self.admit(name, size)
        if target is None:
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as page:
                self.pour(opened, page, size)
        except OSError as error:
            if error.errno not in NAMING:
                raise
            self.leave_out(name, os.strerror(error.errno))

    def pour(self, opened: Opened, page: IO[bytes], size: int) -> None:
        """Raises IntakeProblem for a file that goes on after its stated end."""
        left = size
        while block := opened.read(BLOCK):
            left -= len(block)
            if left < 0:
                raise IntakeProblem("a file in it is longer than it says; pack it again")
            page.write(block)

    def add_folder(self, root: Path) -> None:
        """Copy a folder on disk."""
        for path in walk(root, self.allowance.depth + 1):
            name, status = str(path.relative_to(root)), path.lstat()
            if not stat.S_ISREG(status.st_mode):
                self.leave_out(name, f"it is {kind(status.st_mode)}")
                self.count(0)
                continue
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError as error:
                self.leave_out(name, error.strerror or "it cannot be read")
                continue
            with open(descriptor, "rb") as page:
                self.write(name, status.st_size, page)

    def seal(self) -> None:
        """Take away the right to write."""
        for folder, _, names in os.walk(self.folder):
            for name in names:
                os.chmod(os.path.join(folder, name), 0o444)
            os.chmod(folder, 0o555)


def walk(root: Path, depth: int) -> Iterator[Path]:
    """Everything in a folder that is no folder, links unfollowed, caches and environments skipped, in a fixed order."""
    try:
        entries = sorted(os.scandir(root), key=lambda entry: os.fsencode(entry.name))
    except OSError:
        return
    if any(entry.name == ENVIRONMENT for entry in entries) or depth == 0:
        return
    for entry in entries:
        if entry.name in CACHES or entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path), depth - 1)
        else:
            yield Path(entry.path)


def readable(name: str) -> str:
    """A name as text that every system can store and show: what is not UTF-8 or not printable becomes `�`.

    A Mac writes `ö` into its archives as two letters; `submission.toml` and `import` mean the same file by one."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", errors="replace"))
    shown = "".join(letter if letter.isprintable() else "�" for letter in text)
    return shown.encode()[:NAME_BYTES].decode(errors="ignore")


def kind(mode: int) -> str:
    """What a thing that is no regular file is."""
    kinds = {stat.S_ISLNK: "a link", stat.S_ISFIFO: "a FIFO", stat.S_ISSOCK: "a socket"}
    return next((word for test, word in kinds.items() if test(mode)), "a device")
