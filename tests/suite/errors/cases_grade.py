"""`evidence grade` and `estimate`: what was handed in, where results go, and what the machine lacks."""

from __future__ import annotations

import gzip
import sys
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.suite.errors.case import Case
from tests.suite.errors.gradebooks import handed_in
from tests.suite.handed_in import MODULE, SMALL, member, tarred, zipped

GRADE = "evidence grade handed --out out --isolation process"
ANSWERS = {"handed/answers.md": "## 1.1.1\n"}


def lone(archive: bytes | Callable[[], object], *says: str) -> Case:
    """One archive, which `evidence estimate` takes in as `evidence grade` does."""
    files, make = ({"a.zip": archive}, lambda: None) if isinstance(archive, bytes) else ({}, archive)
    return Case("evidence estimate a.zip", ("a.zip", *says), files, prepare=make)


def one_of_many(make: Callable[[], object], *says: str) -> Case:
    """One submission of a class, of which the student's page says it; little is allowed, and nothing is run."""
    page = "out/submissions/ada/report.html"
    both = {"handed/bob/answers.md": "## 1.1.1\n"}
    return Case(GRADE, says, both, code=0, prepare=make, machine=small, page=page)


def small() -> ExitStack:
    """A grader that takes a megabyte, and runs no check."""
    stack = ExitStack()
    stack.enter_context(patch("grading.intake.take.Allowance", lambda: SMALL))
    stack.enter_context(patch("grading.cli.grade.grade_all", lambda *_: None))
    return stack


def changed(path: str, **fields: Any) -> None:
    """A zip whose table of contents says something else of its file."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gamma.py", MODULE)
        for name, value in fields.items():
            setattr(archive.filelist[0], name, value)


def many(path: str, count: int) -> Path:
    """A zip of so many empty modules."""
    return zipped(Path(path), {f"{n:040}.py": b"" for n in range(count)})


def link(path: str) -> None:
    """A link to something on this machine, where a file should be."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).symlink_to("/etc/passwd")


def long_tar() -> None:
    """A tar that states a name of two megabytes, as no student's does."""
    name = member("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    name.size = 2**21
    Path("handed/ada.tgz").write_bytes(gzip.compress(name.tobuf(tarfile.GNU_FORMAT) + b"x" * name.size))


TAKEN_IN = [
    Case("evidence estimate absent", ("absent: no such file or folder", "give a submission, or a folder or zip")),
    Case(
        "evidence estimate a",
        ("a: no submission in it", "put submission.toml, answers.md and implementations/"),
        {"a/": ""},
    ),
    lone(b"PK\3\4 and no more", "the archive is damaged (it has no table of contents)", "packed as .zip"),
    lone(lambda: changed("a.zip", flag_bits=1), "the archive is locked with a password; pack it again without"),
    lone(lambda: changed("a.zip", compress_type=zipfile.ZIP_LZMA), "the archive uses a rare compression", "as .zip"),
    lone(lambda: changed("a.zip", extract_version=99), "the archive is of an unusual kind", "packed as .zip"),
    one_of_many(lambda: many("handed/ada.zip", 60), "it has more than 50 files; hand in your own files only"),
    one_of_many(lambda: many("handed/ada.zip", 2_000), "the archive lists more files than can be taken"),
    one_of_many(
        lambda: zipped(Path("handed/ada.zip"), {f"{n}.py": b"0" * 2**18 for n in range(5)}),
        "it has more than 1 MB; hand in your own files only",
    ),
    one_of_many(
        lambda: zipped(Path("handed/ada.zip"), {}).write_bytes(b"PK\3\4" + b"0" * 2**21),
        "the archive has 2 MB, at most 1 are taken",
    ),
    one_of_many(long_tar, "unpacked it has more than 1 MB; hand in your own files only"),
]

LEFT_OUT = [
    one_of_many(lambda: link("handed/ada/implementations/vae.py"), "left out 'implementations/vae.py': it is a link"),
    one_of_many(lambda: link("handed/ada"), "left out 'ada': it is a link, a device, a FIFO or a socket"),
    one_of_many(
        lambda: tarred(Path("handed/ada.tgz"), member("gamma.py"), member("vae.py", tarfile.SYMTYPE, "/etc/passwd")),
        "left out 'vae.py': it is a link, a device, a FIFO or sparse",
    ),
    one_of_many(
        lambda: zipped(Path("handed/ada.zip"), {"gamma.py": MODULE, "../vae.py": MODULE}),
        "left out '../vae.py': its name leads outside the submission",
    ),
    one_of_many(
        lambda: zipped(Path("handed/ada.zip"), {"gamma.py": MODULE, "a/" * 30 + "vae.py": MODULE}),
        "vae.py': it lies more than 20 folders deep",
    ),
    one_of_many(
        lambda: zipped(Path("handed/ada.zip"), {"gamma.py": MODULE, "./gamma.py": MODULE}),
        "left out './gamma.py': File exists",
    ),
    one_of_many(lambda: changed("handed/ada.zip", external_attr=0o120777 << 16), "left out 'gamma.py': it is a link"),
    one_of_many(
        lambda: zipped(Path("handed/ada.zip"), {"gamma.py": MODULE, "data.npz": b"0" * 2**19}),
        "left out 'data.npz': it has 0 MB, at most 0 are taken",
    ),
    one_of_many(
        lambda: zipped(Path("handed/ada.zip"), {"gamma.py": MODULE, "submission.toml": b"name = "}),
        "<li>submission.toml: not valid TOML: Invalid value (at end of document). The file counts as one that is not",
    ),
]

ASKED = [
    Case(
        GRADE,
        ("not in handed, and so no longer on the class page or in an export: work.", "grade a folder that holds them"),
        {"handed/ada/answers.md": "## 1.1.1\n"},
        code=0,
        prepare=handed_in,
        machine=small,
    ),
    Case(f"{GRADE} --questions 9.9", ("--questions 9.9: no such question; there are 1.1.1",), ANSWERS),
    Case("evidence grade handed --out handed/out", ("--out", "lies inside", "give a folder outside of it"), ANSWERS),
    Case(
        "evidence grade loop --out out",
        ("loop: no such file or folder",),
        prepare=lambda: Path("loop").symlink_to("loop"),
    ),
    Case("evidence grade handed --out file", ("file: File exists; give another path",), {**ANSWERS, "file": ""}),
    Case("evidence grade handed --out file/out", ("file/out: Not a directory",), {**ANSWERS, "file": ""}),
]

MACHINE = [
    Case(
        "evidence grade handed --out out",
        ("the kernel is too old", "--isolation process runs submissions unprotected, if you trust them"),
        ANSWERS,
        machine=lambda: patch("grading.sandbox.forking.available", lambda: "the kernel is too old"),
    ),
    Case(
        "evidence grade handed --out out --isolation process",
        ("grading needs Linux, this is darwin; use a Linux machine",),
        ANSWERS,
        machine=lambda: patch("grading.sandbox.forking.sys.platform", "darwin"),
    ),
    Case(
        f"{GRADE} --scheduler tcp://host:8786",
        ("--scheduler needs the library distributed", "pip install 'evidence-vi[cluster]'"),
        ANSWERS,
        machine=lambda: patch.dict(sys.modules, {"distributed": None}),
    ),
    Case(
        f"{GRADE} --scheduler nowhere://host:8786",
        ("--scheduler nowhere://host:8786: no Dask scheduler answers there",),
        ANSWERS,
    ),
]

CASES = [*TAKEN_IN, *LEFT_OUT, *ASKED, *MACHINE]
