"""`evidence handout`, a student's `pytest`, and the calibration: what each refuses before it does anything."""

from __future__ import annotations

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
        machine=lambda: patch("grading.handout.wheel.ROOT", Path("nowhere")),
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
    Case("pytest --submission none --question 1.2.4", ("none: no such folder.", "Give the folder that holds"), code=1),
]

CALIBRATE = [
    Case(
        "python -m grading.montecarlo.calibrate --out blocks --shard 3/2",
        ("--shard: a shard is I/N with 1 <= I <= N, not 3/2",),
    ),
]

CASES = [*HANDOUT, *PYTEST, *CALIBRATE]
