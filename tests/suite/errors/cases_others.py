"""`evidence handout`, a student's `pytest`, and modules that the documentation runs: what each refuses at once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from tests.suite.errors.case import Case

HANDOUT = [
    Case("evidence handout new --levels E", ("--levels E: no such level; there are D, C, B, A",)),
    Case("evidence handout old", ("old is not empty; a handout is written into a new folder",), {"old/a": ""}),
    Case("evidence handout file", ("file: ", "give another path"), {"file": ""}),
    Case(
        "evidence handout new",
        ("the handout is made from a clone of the project; this is an installed copy",),
        machine=lambda: patch("grading.handout.wheel.PROJECT", Path("nowhere")),
    ),
    Case(
        "evidence handout new",
        ("pip could not build the wheel:", "ERROR"),
        machine=lambda: patch("grading.handout.wheel.PARTS", ()),
    ),
]

STRAY = 'import pytest\n\n@pytest.mark.question("9.9.9")\ndef test_x():\n    pass\n'

PYTEST = [
    Case("pytest --seed soon", ("--seed soon: give a whole number, or 'random'",), code=4),
    Case("pytest --course none.toml", ("none.toml: No such file",), code=4),
    Case("pytest --question 9.9", ("--question 9.9: no such question; there are 1.1.1",), code=4),
    Case("pytest --feedback loud", ("--feedback: invalid choice: 'loud'", "choose from", "brief"), code=4),
    Case("pytest --experiments loud", ("--experiments: invalid choice: 'loud'", "choose from", "quick"), code=4),
    Case(
        "pytest test_x.py", ("test_x.py::test_x: the catalogue has no check 9.9.9/x", "page"), {"test_x.py": STRAY}, 4
    ),
    Case("pytest --submission none --question 1.2.4", ("none: no such folder.", "Give the folder that holds"), code=4),
    Case(
        "pytest --submission work --question 1.2.4",
        ("submission.toml: not valid TOML: Illegal character",),
        {"work/submission.toml": 'name = "Ada\n'},
        code=4,
    ),
    Case(
        "pytest --submission work --question 2.2.16 -k positive",
        ("`fisher_information` is not there: the submission has no implementations/gamma.py",),
        {"work/answers.md": ""},
        code=1,
    ),
    Case("pytest", ("No check is here: run pytest in the folder of your handout, where pytest.ini lies",), code=5),
    Case(
        "pytest --submission work --question 4.2.28",
        ("Not run, of 4.2.28: `pytest --experiments quick` runs them too",),
        {"work/answers.md": ""},
        code=5,
    ),
]

RACE = "python -m bench.race --out out"
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
NO_LABELS = bytes((0, 0, 8, 1, 0, 0, 0, 0))
FOUR = {f"digits/{name}": NO_LABELS for name in NAMES}

UNREAD = {"work/answers.md": "+++\na =\n+++\n## 1.1.1\n\n$$a = b$$\n"}

FEEDBACK = [
    Case(
        "pytest -rs --submission work --question 1.1.1",
        ("answers.md cannot be read: line 1, column 1: the front matter is not TOML",),
        UNREAD,
        code=0,
    ),
]


def offline() -> ExitStack:
    """A machine without network; the digits that it then has take seconds to read, and are not looked at."""
    stack = ExitStack()
    stack.enter_context(patch("pooch.retrieve", side_effect=OSError))
    stack.enter_context(patch("grading.experiments.mnist.embedded", lambda: None))
    return stack


MODULES = [
    Case(f"{RACE} --data none", ("none/train-images-idx3-ubyte.gz is not there; give a folder with",)),
    Case(
        f"{RACE} --data digits",
        (f"digits/{NAMES[0]} is damaged", "delete it and fetch"),
        {f"digits/{NAMES[0]}": b"\x1f\x8b"},
    ),
    Case(f"{RACE} --data digits", (f"digits/{NAMES[0]} is not an IDX file",), {f"digits/{NAMES[0]}": b"text"}),
    Case(f"{RACE} --data digits", ("digits: images (0,) and labels (0,) do not belong together",), FOUR),
    Case("python -m bench.race --out file", ("File exists: 'file'",), {"file": ""}),
    Case(f"{RACE} --show", ("the textbook's loop has not been trained here",), code=0),
    Case(
        f"{RACE} --epochs 0",
        ("MNIST could not be fetched (train-images-idx3-ubyte.gz: https://", "Using the 5,000 digits"),
        code=0,
        machine=offline,
    ),
    Case(
        "python -m grading.montecarlo.calibrate --out blocks --shard 3/2",
        ("--shard: a shard is I/N with 1 <= I <= N, not 3/2",),
    ),
]

CASES = [*HANDOUT, *PYTEST, *FEEDBACK, *MODULES]
