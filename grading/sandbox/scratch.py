"""Folders that strangers wrote: measure one, and delete one, without being led out of it by links."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path


def usage(folder: Path, enough: int) -> tuple[int, int]:
    """Bytes on disk and entries below a folder; stops counting at `enough` entries."""
    size, count, pending = 0, 0, [str(folder)]
    while pending and count <= enough:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    count += 1
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
        except FileNotFoundError:
            continue
        except OSError:
            return size, enough + 1
    return size, count


def remove(folder: Path) -> None:
    """Delete a folder, also where folders in it may not be read or written; nothing happens where there is none.

    Folders may be nested so deeply that no path leads to the innermost.  So each is moved up to the top before it is
    looked into.  Nobody may be writing there any more.
    """
    if not os.path.lexists(folder):
        return
    os.chmod(folder, 0o700)
    pending = [folder]
    while pending:
        with suppress(OSError):  # what cannot be deleted stays, and harms nobody
            pending += emptied(pending.pop(), folder)
    shutil.rmtree(folder, ignore_errors=True)


def emptied(inner: Path, top: Path) -> list[Path]:
    """Unlink the files of a folder and move the folders in it to `top`, under new names; those."""
    moved = []
    with os.scandir(inner) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                moved.append(Path(tempfile.mkdtemp(dir=top)))
                os.rename(entry.path, moved[-1])
            else:
                os.unlink(entry.path)
    return moved
