"""What strangers hand in becomes safe copies: archives, links, devices, bombs, odd names, downloads of platforms."""

from __future__ import annotations

import gzip
import io
import os
import socket
import stat
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.intake import Allowance, IntakeProblem, Taken, take_in
from grading.intake.store import readable

MODULE = b"def fisher_information(alpha, beta):\n    return 1\n"
SMALL = Allowance(files=50, total=2**20, file=2**18, archive=2**20, directory=2**16)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where the copies go."""
    return tmp_path / "store"


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


def test_a_folder_is_copied_read_only(tmp_path: Path, store: Path) -> None:
    """The copy has the files, the original is not needed any more, nothing in the copy can be written."""
    taken = only(submission(tmp_path / "ada"), store)
    assert (taken.owner.name, names(taken), taken.problem) == ("ada", ["implementations/gamma.py"], "")
    assert all(stat.S_IMODE(path.stat().st_mode) in (0o444, 0o555) for path in [taken.folder, *taken.folder.rglob("*")])
    assert only(tmp_path / "ada", store) == taken


@pytest.mark.parametrize("inside", ["", "work/", "a/b/c/"])
@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_archives_may_wrap_the_submission_in_folders(inside: str, ending: str, tmp_path: Path, store: Path) -> None:
    """`work.zip` with `work/implementations/...` is the submission `work/`."""
    source = tmp_path / f"ada{ending}"
    if ending == ".zip":
        zipped(source, {f"{inside}implementations/gamma.py": MODULE, "__MACOSX/._gamma.py": b"x"})
    else:
        tarred(source, member(f"{inside}implementations/gamma.py"))
    taken = only(source, store)
    assert (taken.owner.name, names(taken)) == ("ada", ["implementations/gamma.py"])


def test_canvas_download(tmp_path: Path, store: Path) -> None:
    """One zip for the class; files of one student belong together; late ones and second uploads are recognised."""
    inner = zipped(tmp_path / "inner.zip", {"work/implementations/gamma.py": MODULE}).read_bytes()
    source = zipped(
        tmp_path / "submissions.zip",
        {
            "lovelaceada_4711_98765_work.zip": inner,
            "noetheremmy_LATE_4712_98766_gamma-1.py": MODULE,
            "noetheremmy_LATE_4712_98767_answers.md": b"# 1.1.1\n",
        },
    )
    ada, emmy = take_in(source, store, SMALL)
    assert (ada.owner.name, ada.owner.certain, names(ada)) == ("lovelaceada_4711", True, ["implementations/gamma.py"])
    assert (emmy.owner.name, emmy.owner.late, names(emmy)) == ("noetheremmy_4712", True, ["answers.md", "gamma.py"])


def test_moodle_download(tmp_path: Path, store: Path) -> None:
    """A folder for each student, or names with the student's in front."""
    inner = zipped(tmp_path / "inner.zip", {"implementations/gamma.py": MODULE}).read_bytes()
    source = zipped(
        tmp_path / "course.zip",
        {
            "Ada Lovelace_657717_assignsubmission_file_/work.zip": inner,
            "Ada Lovelace_657717_assignsubmission_file_/report.pdf": b"%PDF",
            "Emmy Noether_657718_assignsubmission_file_gamma.py": MODULE,
        },
    )
    ada, emmy = take_in(source, store, SMALL)
    assert (ada.owner.name, names(ada)) == ("Ada Lovelace_657717", ["implementations/gamma.py", "report.pdf"])
    assert (emmy.owner.name, names(emmy)) == ("Emmy Noether_657718", ["gamma.py"])


def test_one_bad_submission_leaves_the_others(tmp_path: Path, store: Path) -> None:
    """A damaged zip is that student's problem, said in words, with an empty folder to grade."""
    submission(tmp_path / "class" / "ada")
    (tmp_path / "class" / "bob.zip").write_bytes(b"PK\3\4 and then nothing")
    ada, bob = take_in(tmp_path / "class", store, SMALL)
    assert (ada.problem, names(ada)) == ("", ["implementations/gamma.py"])
    assert "damaged" in bob.problem
    assert names(bob) == []


@pytest.mark.parametrize("name", ["../../evil.py", "/etc/evil.py", "C:\\evil.py", "a/../../evil.py", "..\\evil.py"])
def test_names_that_lead_outside(name: str, tmp_path: Path, store: Path) -> None:
    """`..`, absolute names and drive letters are left out and named; the rest is taken."""
    source = zipped(tmp_path / "ada.zip", {name: b"evil", "implementations/gamma.py": MODULE})
    taken = only(source, store)
    assert names(taken) == ["implementations/gamma.py"]
    assert "leads outside" in taken.notices[0]
    assert not list(tmp_path.rglob("evil.py"))


def test_links_in_archives(tmp_path: Path, store: Path) -> None:
    """Symbolic and hard links, FIFOs and devices in a tar, symbolic links in a zip, are left out."""
    tar = tarred(
        tmp_path / "ada.tar.gz",
        member("implementations", tarfile.SYMTYPE, "/etc"),
        member("implementations/passwd"),
        member("hard", tarfile.LNKTYPE, "/etc/passwd"),
        member("fifo", tarfile.FIFOTYPE),
        member("disk", tarfile.BLKTYPE),
        member("gamma.py"),
    )
    taken = only(tar, store)
    assert (names(taken), len(taken.notices)) == (["gamma.py", "implementations/passwd"], 4)
    link = zipfile.ZipInfo("implementations")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "bob.zip", "w") as archive:
        archive.writestr(link, "/etc")
        archive.writestr("gamma.py", MODULE)
    taken = only(tmp_path / "bob.zip", store)
    assert (names(taken), taken.notices[0]) == (["gamma.py"], "left out 'implementations': it is a link")


def test_links_devices_and_sockets_in_a_folder(tmp_path: Path, store: Path) -> None:
    """They are left out, and never opened: a FIFO without a writer would wait for ever."""
    folder = submission(tmp_path / "ada")
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "implementations" / "all").symlink_to("/")
    os.mkfifo(folder / "implementations" / "bbvi.py")
    wire = socket.socket(socket.AF_UNIX)
    wire.bind(str(folder / "wire"))
    wire.close()
    taken = only(folder, store)
    assert (names(taken), len(taken.notices)) == (["implementations/gamma.py"], 4)
    assert (tmp_path / "class").mkdir() is None
    (tmp_path / "class" / "bob").symlink_to(folder)
    os.mkfifo(tmp_path / "class" / "eve.zip")
    assert [names(each) for each in take_in(tmp_path / "class", store, SMALL)] == [[], []]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_a_device_in_a_folder(tmp_path: Path, store: Path) -> None:
    """An endless device is not read."""
    folder = submission(tmp_path / "ada")
    try:
        os.mknod(folder / "implementations" / "vae.py", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("devices cannot be made here")
    taken = only(folder, store)
    assert (names(taken), taken.notices) == (
        ["implementations/gamma.py"],
        ("left out 'implementations/vae.py': it is a device",),
    )


def test_a_file_of_two_gigabytes(tmp_path: Path, store: Path) -> None:
    """Sparse on disk, never read: left out and named, the rest is graded."""
    folder = submission(tmp_path / "ada")
    with (folder / "data.bin").open("wb") as page:
        page.truncate(2 * 2**30)
    start = time.monotonic()
    taken = only(folder, store, Allowance())
    assert time.monotonic() - start < 2
    assert names(taken) == ["implementations/gamma.py"]
    assert "2048 MB" in taken.notices[0]


def test_names_that_are_not_utf8(tmp_path: Path, store: Path) -> None:
    """They become text that can be stored and shown; a student's name too."""
    folder = submission(Path(os.fsdecode(os.fsencode(tmp_path) + b"/class/ad\xe4")))
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    (folder / "implementations" / "line\nbreak\x1b[31m.py").write_text("x")
    (taken,) = take_in(tmp_path / "class", store, SMALL)
    assert taken.owner.name == "ad�"
    assert names(taken) == ["caf�.txt", "implementations/gamma.py", "implementations/line�break�[31m.py"]
    assert all(part.encode() and part.isprintable() for part in [str(taken.folder), *names(taken)])


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
    ],
)
def test_bombs(bomb: Callable[[Path], None], says: str, tmp_path: Path, store: Path) -> None:
    """Refused in words, in less than two seconds, and nothing of them stays."""
    (tmp_path / "class").mkdir()
    bomb(tmp_path / "class" / "eve.zip")
    submission(tmp_path / "class" / "zoe")
    start = time.monotonic()
    eve, zoe = take_in(tmp_path / "class", store, SMALL)
    assert time.monotonic() - start < 2
    assert pytest.importorskip("re").search(says, eve.problem)
    assert (names(eve), names(zoe)) == ([], ["implementations/gamma.py"])
    assert {path.name for path in store.iterdir()} == {eve.folder.name, zoe.folder.name}


def test_environments_and_histories_are_not_copied(tmp_path: Path, store: Path) -> None:
    """`.git`, `__pycache__`, virtual environments: nobody means to hand them in."""
    folder = submission(tmp_path / "ada")
    for name in (".git/config", "__pycache__/gamma.pyc", "venv/pyvenv.cfg", "venv/lib/big.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    assert names(only(folder, store)) == ["implementations/gamma.py"]


def test_nothing_there(tmp_path: Path, store: Path) -> None:
    """No such folder, an empty one, and a folder in which nothing can be graded."""
    with pytest.raises(IntakeProblem, match="no such file or folder"):
        take_in(tmp_path / "absent", store)
    (tmp_path / "empty").mkdir()
    with pytest.raises(IntakeProblem, match="no submission in it"):
        take_in(tmp_path / "empty", store)
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (taken,) = take_in(tmp_path / "class", store)
    assert "nothing in it that can be graded" in taken.notices[0]


@given(st.binary(min_size=1, max_size=300).filter(lambda raw: b"\0" not in raw and b"/" not in raw))
def test_readable_names(raw: bytes) -> None:
    """Any name a file system can hold becomes printable UTF-8 of at most 255 bytes."""
    name = readable(os.fsdecode(raw))
    assert name.isprintable()
    assert len(name.encode()) <= 255
