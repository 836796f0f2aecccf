"""Archives that unpack to more than anyone can hold are refused in words, at once, and nothing of them stays."""

from __future__ import annotations

import gzip
import re
import struct
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grading.intake import take_in
from tests.suite.handed_in import MODULE, SMALL, names, submission, zipped


def zeros_zip(path: Path) -> None:
    """One megabyte of zeros many times over, in a few kilobytes."""
    zipped(path, {f"{number}.bin": bytes(2**18) for number in range(5)})


def overlapping_zip(path: Path) -> None:
    """A table of contents whose entries all point to the same compressed bytes."""
    zipped(path, {"a.bin": bytes(2**18)})
    raw = path.read_bytes()
    at, end = raw.index(b"PK\1\2"), raw.index(b"PK\5\6")
    entry, count = raw[at:end], 30
    table = b"".join(entry.replace(b"a.bin", b"%c.bin" % (65 + number)) for number in range(count))
    path.write_bytes(raw[:at] + table + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(table), at, 0))


def many_files_zip(path: Path) -> None:
    """More files than are taken."""
    zipped(path, {f"{number}.py": b"" for number in range(60)})


def long_directory_zip(path: Path) -> None:
    """A table of contents that is itself the bomb."""
    zipped(path, {f"{number:05}.py": b"" for number in range(3000)})


def lying_zip(path: Path) -> None:
    """A member that says it is one byte long."""
    zipped(path, {"a.bin": bytes(2**18)})
    size = struct.pack("<L", 2**18)
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 1)))


def huge_archive(path: Path) -> None:
    """An archive larger than is taken, as it is."""
    path.write_bytes(b"PK\3\4" + bytes(2**21))


def zeros_tar(path: Path) -> None:
    """A tar.gz that goes on."""
    info = tarfile.TarInfo("a.bin")
    info.size = 2**27
    with gzip.open(path, "wb") as page:
        page.write(info.tobuf())
        for _ in range(2**7):
            page.write(bytes(2**20))


def long_name_tar(path: Path) -> None:
    """A tar whose member's name is a hundred megabytes long."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 10**8
    with gzip.open(path, "wb") as page:
        page.write(info.tobuf())
        for _ in range(100):
            page.write(b"x" * 10**6)


def locked_zip(path: Path) -> None:
    """A zip with the encryption flag."""
    zipped(path, {"a.py": MODULE})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(raw)


def shifted_zip(path: Path) -> None:
    """A table of contents that says it begins later than it does, as where a download lost its first bytes."""
    zipped(path, {"gamma.py": MODULE})
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\5\6") + 16
    raw[at : at + 4] = struct.pack("<L", struct.unpack("<L", raw[at : at + 4])[0] + 10)
    path.write_bytes(raw)


def nameless_zip(path: Path) -> None:
    """A table of contents with an entry that has no name."""
    zipped(path, {"x": MODULE})
    raw = path.read_bytes()
    at, end = raw.index(b"PK\1\2"), raw.index(b"PK\5\6")
    size = struct.pack("<L", end - at - 1)
    path.write_bytes(raw[: at + 28] + bytes(2) + raw[at + 30 : at + 46] + raw[end : end + 12] + size + raw[end + 16 :])


@pytest.mark.parametrize(
    ("bomb", "says"),
    [
        (zeros_zip, "more than 1 MB"),
        (overlapping_zip, "more than 1 MB|damaged"),
        (many_files_zip, "more than 50 files"),
        (long_directory_zip, "lists more files"),
        (lying_zip, "longer than it says|damaged"),
        (huge_archive, "the archive has 2 MB"),
        (zeros_tar, "more than 1 MB"),
        (long_name_tar, "more than 1 MB"),
        (locked_zip, "password"),
        (shifted_zip, "damaged"),
        (nameless_zip, "damaged"),
    ],
)
def test_bombs(bomb: Callable[[Path], None], says: str, tmp_path: Path) -> None:
    """Refused in words, in less than two seconds, and nothing of them stays."""
    store = tmp_path / "store"
    (tmp_path / "class").mkdir()
    bomb(tmp_path / "class" / "eve.zip")
    submission(tmp_path / "class" / "zoe")
    start = time.monotonic()
    eve, zoe = take_in(tmp_path / "class", store, SMALL)
    assert time.monotonic() - start < 2
    assert re.search(says, eve.problem)
    assert (names(eve), names(zoe)) == ([], ["implementations/gamma.py"])
    assert {path.name for path in store.iterdir()} == {eve.folder.name, zoe.folder.name}
