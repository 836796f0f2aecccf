"""What tests of the intake hand in: folders, zips and tars made on the spot."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

from grading.intake import Allowance, Taken, take_in

MODULE = b"def fisher_information(alpha, beta):\n    return 1\n"
SMALL = Allowance(files=50, total=2**20, file=2**18, archive=2**20, directory=2**16)


def names(taken: Taken) -> list[str]:
    """Files of a copy."""
    return sorted(str(path.relative_to(taken.folder)) for path in taken.folder.rglob("*") if not path.is_dir())


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """A zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, *members: tarfile.TarInfo) -> Path:
    """A tar.gz whose regular members hold MODULE."""
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            member.size = len(MODULE) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(MODULE) if member.isreg() else None)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    """A tar member."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def submission(folder: Path) -> Path:
    """An honest folder."""
    (folder / "implementations").mkdir(parents=True)
    (folder / "implementations" / "gamma.py").write_bytes(MODULE)
    return folder


def only(source: Path, store: Path, allowance: Allowance = SMALL) -> Taken:
    """The one submission there is."""
    (taken,) = take_in(source, store, allowance)
    return taken
