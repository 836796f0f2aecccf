"""Zip and tar archives, read without trusting a byte of them.

Nothing is extracted by the libraries' own extraction: each member's bytes are copied into a `Copy`, which decides
on names and sizes.  What is counted is what comes out, not what the archive claims.
"""

from __future__ import annotations

import errno
import gzip
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import IO

from grading.intake.problem import IntakeProblem, MiB
from grading.intake.store import Copy, kind

END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
LOCATOR, END_OF_DIRECTORY_64 = struct.Struct("<4sLQL"), struct.Struct("<4sQ2H2L4Q")
PLAIN_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error, EOFError),
    *(ValueError, LookupError, ArithmeticError, RuntimeError),
)
"""What the libraries raise over bytes that are no archive; they check less than they rely on."""
ADVICE = "hand in a folder packed as .zip"


def is_archive(path: Path) -> bool:
    """Does the file begin as a zip, tar or tar.gz does?  Notebooks and Python files do not."""
    with path.open("rb") as page:
        head = page.read(512)
    return head.startswith((b"PK\3\4", b"PK\5\6", b"\x1f\x8b")) or head[257:262] == b"ustar"


def unpack(archive: Path, copy: Copy) -> None:
    """Unpack into a copy.  Raises IntakeProblem."""
    size = archive.stat().st_size
    if size > copy.allowance.archive:
        raise IntakeProblem(f"the archive has {size // MiB} MB, at most {copy.allowance.archive // MiB} are taken")
    with archive.open("rb") as page:
        zipped = page.read(2) == b"PK"
        page.seek(0)
        try:
            unzip(page, copy) if zipped else untar(page, copy)
        except (NotImplementedError, gzip.BadGzipFile) as error:
            raise IntakeProblem(f"the archive is of an unusual kind ({error}); {ADVICE}") from None
        except (*DAMAGE, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:  # it points to before its own start
                raise
            raise IntakeProblem(f"the archive is damaged ({error}); {ADVICE}") from None


def unzip(page: IO[bytes], copy: Copy) -> None:
    """Each member of a zip."""
    if directory_bytes(page) > copy.allowance.directory:
        raise IntakeProblem(f"the archive lists more files than can be taken; {ADVICE}")
    with zipfile.ZipFile(page) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            name = member.filename.replace("\\", "/")
            if member.is_dir():
                continue
            if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
                copy.leave_out(name, f"it is {kind(mode)}")
                copy.count(0)
                continue
            if member.flag_bits & 1:
                raise IntakeProblem("the archive is locked with a password; pack it again without")
            if member.compress_type not in PLAIN_METHODS:
                raise IntakeProblem(f"the archive uses a rare compression; {ADVICE}")
            with archive.open(member) as opened:
                copy.write(name, member.file_size, opened)


def directory_bytes(page: IO[bytes]) -> int:
    """The size that a zip states for its table of contents.  Raises BadZipFile."""
    end = page.seek(0, 2)
    start = max(0, end - 2**16 - END_OF_DIRECTORY.size)
    page.seek(start)
    tail = page.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < END_OF_DIRECTORY.size:
        raise zipfile.BadZipFile("it has no table of contents")
    size = int(END_OF_DIRECTORY.unpack_from(tail, at)[5])
    if at >= LOCATOR.size and tail[at - LOCATOR.size :].startswith(b"PK\6\7"):
        page.seek(LOCATOR.unpack_from(tail, at - LOCATOR.size)[2])
        size = max(size, int(END_OF_DIRECTORY_64.unpack(page.read(END_OF_DIRECTORY_64.size))[8]))
    page.seek(0)
    return size


class Counted:
    """A decompressed stream that ends in an IntakeProblem where it is longer than allowed.

    Tar headers may claim a length of terabytes for a name, which the library would read into memory."""

    def __init__(self, page: IO[bytes], most: int) -> None:
        self.page, self.left, self.most = page, most, most

    def read(self, size: int) -> bytes:
        """The next bytes."""
        data = self.page.read(min(size, 2**20))
        self.left -= len(data)
        if self.left < 0:
            raise IntakeProblem(f"unpacked it has more than {self.most // MiB} MB; hand in your own files only")
        return data


def untar(page: IO[bytes], copy: Copy) -> None:
    """Each member of a tar or tar.gz, in one pass."""
    zipped = page.read(2) == b"\x1f\x8b"
    page.seek(0)
    stream: IO[bytes] = gzip.GzipFile(fileobj=page) if zipped else page  # type: ignore[assignment]
    headers = 2048 * copy.allowance.files
    counted = Counted(stream, copy.allowance.total + headers)
    with tarfile.open(fileobj=counted, mode="r|", bufsize=tarfile.BLOCKSIZE * 20) as archive:  # type: ignore[call-overload]
        for member in archive:
            if member.isdir():
                copy.count(0)
                continue
            opened = archive.extractfile(member) if member.isreg() and not member.issparse() else None
            if opened is None:
                copy.leave_out(member.name, "it is a link, a device, a FIFO or sparse")
                copy.count(0)
            else:
                copy.write(member.name, member.size, opened)
