"""What strangers hand in becomes safe copies: archives, links, devices, bombs, odd names, downloads of platforms."""

from __future__ import annotations

import os
import socket
import stat
import tarfile
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.entries import LATE, entries
from grading.gradebook import Gradebook
from grading.intake import Allowance, IntakeProblem, take_in
from grading.intake.store import readable
from grading.submission.folder import Layout, LayoutError
from tests.suite.handed_in import MODULE, SMALL, member, names, only, submission, tarred, zipped


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where the copies go."""
    return tmp_path / "store"


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
    (tmp_path / "class").mkdir()
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


def test_a_mac_s_umlaut_is_found(tmp_path: Path) -> None:
    """A file's name in two letters, o and its dots, is the one that `submission.toml` writes in one."""
    toml = '[entry_points]\ngamma = "Lösung.py"\n'.encode()
    zipped(tmp_path / "ada.zip", {"submission.toml": toml, unicodedata.normalize("NFD", "Lösung.py"): MODULE})
    (found,) = take_in(tmp_path / "ada.zip", tmp_path / "store", SMALL)
    assert Layout.read(found.folder).path_of("gamma") == found.folder / "Lösung.py"


def test_names_that_collide_are_told_apart(tmp_path: Path) -> None:
    """Two that call themselves the same, and a third that calls itself as the first two are then called."""
    for folder, name in (("a", "Ada"), ("b", "Ada"), ("c", "Ada (a)"), ("d", "")):
        place = submission(tmp_path / "class" / folder)
        (place / "submission.toml").write_text(f'name = "{name}"\n')
        (place / "notes.md").write_text(folder)
    found = entries(tmp_path / "class", tmp_path / "store")
    assert sorted(entry.submission for entry in found) == ["Ada (a) (a)", "Ada (a) (c)", "Ada (b)", "d"]
    assert len({entry.content for entry in found}) == len({entry.folder for entry in found}) == 4
    book = Gradebook(tmp_path / "gradebook.sqlite")
    book.hand_in(found)
    assert len(book.handed_in()) == 4


def test_names_are_told_apart_by_what_is_seen_of_them(tmp_path: Path) -> None:
    """A control character and its code look alike; a line break cannot make a second line of a name."""
    for folder, page in (
        ("a", r'names = ["A\u001b", "A\\x1b", "B\n\tC", "  "]'),
        ("b", 'name = "B C"'),
        ("c", 'name = "\\n"'),
    ):
        (submission(tmp_path / "class" / folder) / "submission.toml").write_text(page)
    found = entries(tmp_path / "class", tmp_path / "store")
    assert [entry.submission for entry in found] == [r"A\x1b", "B C (a)", "B C (b)", "c"]
    book = Gradebook(tmp_path / "gradebook.sqlite")
    book.hand_in(found)
    assert {entry.submission for entry in book.handed_in()} == {entry.submission for entry in found}


def test_a_student_with_a_late_and_an_early_file_is_one(tmp_path: Path) -> None:
    """One copy with both files, late as a whole; a folder of the same name is the same student's."""
    source = tmp_path / "class"
    source.mkdir()
    (source / "noetheremmy_4712_98766_gamma.py").write_bytes(MODULE)
    (source / "noetheremmy_LATE_4712_98767_answers.md").write_text("# 1.1.1\n")
    submission(source / "noetheremmy_4712")
    (found,) = take_in(source, tmp_path / "store", SMALL)
    assert found.owner.late and found.owner.certain
    assert names(found) == ["answers.md", "gamma.py", "implementations/gamma.py"]
    (entry,) = entries(source, tmp_path / "store")
    assert LATE in entry.notices


def test_a_group_hands_in_once(tmp_path: Path) -> None:
    """Each member is an entry, with one copy and one content; a bad list is no reason to lose the work."""
    place = submission(tmp_path / "class" / "ours")
    (place / "submission.toml").write_text('names = ["Ada", "Emmy", "Ada", ""]\n')
    other = submission(tmp_path / "class" / "theirs")
    (other / "submission.toml").write_text("names = 3\n")
    found = entries(tmp_path / "class", tmp_path / "store")
    assert [entry.submission for entry in found] == ["Ada", "Emmy", "theirs"]
    assert found[0].folder == found[1].folder and found[0].content == found[1].content
    assert (
        found[0].notices == []
        and 'submission.toml: names must be a list such as ["Ada", "Emmy"]' in found[2].notices[0]
    )


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("a = " + "[" * 3000, "nested too deeply"),
        ("name" + ".a" * 3000 + " = 1", "nested too deeply"),
        ("a = " + "9" * 5000, "digits"),
        ("a." * 100_000 + "a = 1", "at most 16384"),
    ],
)
def test_a_page_that_harms_its_reader_costs_its_own_submission_only(tmp_path: Path, page: str, words: str) -> None:
    """What it says is not known, and what it is has an identity all the same; so has the submission beside it."""
    for name, text in (("bad", page), ("good", 'name = "Ada"\n')):
        (submission(tmp_path / "class" / name) / "submission.toml").write_text(text)
    began = time.monotonic()
    bad, good = entries(tmp_path / "class", tmp_path / "store")
    assert time.monotonic() - began < 10
    assert (bad.submission, good.submission) == ("bad", "Ada")
    assert bad.content != good.content
    with pytest.raises(LayoutError, match=words):
        Layout.read(Path(bad.folder))
