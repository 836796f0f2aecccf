"""Submitted files are imported by path, each problem on its own function, libraries always before submitted names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grading.submission import plain
from grading.submission.folder import Layout, LayoutError
from grading.submission.loading import LoadError
from grading.submission.worker import Worker


def write(folder: Path, **files: str) -> Path:
    """A submission with these modules."""
    (folder / "implementations").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / "implementations" / f"{name}.py").write_text(text)
    return folder


def call(worker: Worker, function: str, *args: object, **extra: object) -> Any:
    """The worker's reply to a call."""
    message = {"op": "call", "function": function, "args": list(args), "kwargs": {}, "tensors": False, **extra}
    return plain.decode(worker.answer(plain.encode(message), lambda raw: None), trusted=False)


def notebook(*cells: str) -> str:
    """Notebook JSON with these code cells."""
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})


def test_modules_import_one_another_in_every_way(tmp_path: Path) -> None:
    """As `implementations.x`, as `x`, and relatively."""
    write(
        tmp_path,
        helper="ONE = 1",
        a="from implementations.helper import ONE\ndef f(): return ONE",
        b="import helper\ndef f(): return helper.ONE + 1",
        c="from .helper import ONE\ndef f(): return ONE + 2",
    )
    worker = Worker(tmp_path)
    assert [call(worker, f"{m}.f")["value"] for m in "abc"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(:", "line 1"),
        ("import no_such_library", "no_such_library"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(0)", "SystemExit"),
        ("def g(): pass", "`f` is not there"),
    ],
)
def test_a_module_that_cannot_be_imported_costs_its_own_functions(tmp_path: Path, text: str, words: str) -> None:
    """The message names the file and the reason; the neighbour still answers."""
    worker = Worker(write(tmp_path, bad=text, good="def f(): return 1"))
    reply = call(worker, "bad.f")
    assert reply["problem"] == "missing" and words in reply["message"] and "bad.py" in reply["message"]
    assert call(worker, "good.f")["value"] == 1


@pytest.mark.parametrize(
    "text", ["raise SystemExit(0)", "import pytest; pytest.skip('no')", "raise GeneratorExit", "1/0"]
)
def test_whatever_is_raised_is_reported(tmp_path: Path, text: str) -> None:
    """Exit, skip and errors inside a function are all just `raised`."""
    assert call(Worker(write(tmp_path, m=f"def f(): {text}")), "m.f")["problem"] == "raised"


def test_an_error_whose_text_raises_is_still_reported(tmp_path: Path) -> None:
    """`__str__` of a submitted exception cannot break the worker."""
    text = "class E(Exception):\n    def __str__(self): raise SystemExit\ndef f(): raise E"
    assert call(Worker(write(tmp_path, m=text)), "m.f") == {
        "problem": "raised",
        "message": "E",
        "traceback": call(Worker(write(tmp_path, m=text)), "m.f")["traceback"],
    }


def test_a_submitted_numpy_does_not_shadow_the_library(tmp_path: Path) -> None:
    """`numpy.py` in the submission is never imported in numpy's place."""
    worker = Worker(write(tmp_path, numpy="pi = 3", m="import numpy\ndef f(): return float(numpy.pi)"))
    assert call(worker, "m.f")["value"] == np.pi


def test_a_notebook_defines_but_does_not_run(tmp_path: Path) -> None:
    """Imports, definitions and constants are loaded; experiments, prints, magics and shell lines are not."""
    write(tmp_path)
    (tmp_path / "implementations" / "m.ipynb").write_text(
        notebook(
            "%matplotlib inline\nimport numpy as np\nSCALE = 2 * np.pi",
            "def f():\n    return SCALE / np.pi",
            "x = open('/nonexistent').read()\nraise RuntimeError('an experiment')",
            "!pip install torch\nfor i in range(10**12): pass",
        )
    )
    worker = Worker(tmp_path)
    assert call(worker, "m.f")["value"] == pytest.approx(2.0)
    assert [notice.split(":")[0] for notice in worker.loader.notices] == [f"m.ipynb, cell {n}" for n in (1, 3, 4)]


def test_a_notebook_s_choices_and_arrays_are_constants(tmp_path: Path) -> None:
    """An import with a fallback, a definition under `if`, an array and a generator are loaded."""
    write(tmp_path)
    cells = (
        "import numpy as np\ntry:\n    import not_there_at_all\nexcept ImportError:\n    not_there_at_all = None",
        "if np.pi > 3:\n    def f(): return float(PRIOR[1] + rng.uniform() * 0)\nelse:\n    pass",
        "PRIOR = np.array([1.0, 0.1])\nrng = np.random.default_rng(0)",
    )
    (tmp_path / "implementations" / "m.ipynb").write_text(notebook(*cells))
    worker = Worker(tmp_path)
    assert call(worker, "m.f")["value"] == pytest.approx(0.1) and worker.loader.notices == []


def test_an_error_in_a_notebook_shows_its_cell_and_what_was_not_run(tmp_path: Path) -> None:
    """The frame is the cell's own line; a name that an experiment would have defined is explained; so is bad syntax."""
    write(tmp_path)
    path = tmp_path / "implementations" / "m.ipynb"
    path.write_text(notebook("import math", "total, b = map(float, '12')", "def f():\n    return math.pi * total"))
    reply = call(Worker(tmp_path), "m.f")
    assert "'total' is not defined (m.ipynb, cell 2: not run, so not defined: total, b)" in reply["message"]
    assert 'm.ipynb, cell 3", line 2' in reply["traceback"] and "return math.pi * total" in reply["traceback"]
    path.write_text(notebook("import math", "\nx x"))
    assert "implementations/m.ipynb, line 2 of cell 2: invalid syntax" in call(Worker(tmp_path), "m.f")["message"]


def test_a_broken_import_names_the_file_that_broke(tmp_path: Path) -> None:
    """Not the file that imports it."""
    write(tmp_path, m="import broken_helper\ndef f(): return 1", broken_helper="\n\nraise KeyError('no')")
    assert (
        "implementations/broken_helper.py, line 3: importing it raised KeyError"
        in call(Worker(tmp_path), "m.f")["message"]
    )


def test_entry_points_map_other_names(tmp_path: Path) -> None:
    """Modules and single functions may live elsewhere."""
    write(tmp_path, mine="def g(): return 7\ndef f(): return 8")
    (tmp_path / "submission.toml").write_text('[entry_points]\nm = "mine.py"\n"k.f" = "mine.py:g"\n')
    worker = Worker(tmp_path)
    assert call(worker, "m.f")["value"] == 8 and call(worker, "k.f")["value"] == 7


def test_an_entry_point_outside_the_folder_is_not_followed(tmp_path: Path) -> None:
    """`..` leads nowhere."""
    (tmp_path / "secret.py").write_text("def f(): return 1")
    write(tmp_path / "work")
    (tmp_path / "work" / "submission.toml").write_text('[entry_points]\nm = "../../secret.py"\n')
    assert call(Worker(tmp_path / "work"), "m.f")["problem"] == "missing"


def test_a_substituted_function_is_answered_by_the_judge(tmp_path: Path) -> None:
    """Every binding of the failed function is replaced, however it was imported."""
    worker = Worker(
        write(
            tmp_path,
            a="def score(x): return -x",
            b="from implementations.a import score\ndef f(x): return score(x) + 1",
        )
    )
    assert call(worker, "b.f", 5.0)["value"] == -4.0
    message = {
        "op": "call",
        "function": "b.f",
        "args": [5.0],
        "kwargs": {},
        "tensors": False,
        "substitute": ["a.score"],
    }
    raw = worker.answer(plain.encode(message), lambda ask: plain.encode(plain.decode(ask, trusted=False)["args"][0]))
    assert plain.decode(raw, trusted=False)["value"] == 6.0


def test_a_missing_folder_or_broken_toml_is_named(tmp_path: Path) -> None:
    """Clear errors for a user's mistake."""
    with pytest.raises(LayoutError, match="no such folder"):
        Layout.read(tmp_path / "absent")
    (tmp_path / "submission.toml").write_text("name = ")
    with pytest.raises(LayoutError, match=r"submission\.toml: not valid TOML"):
        Layout.read(tmp_path)


def test_the_grader_takes_a_broken_toml_for_none(tmp_path: Path) -> None:
    """One wrong character there costs what it maps, and nothing else; no folder at all is an error still."""
    write(tmp_path, m="def f(): return 1")
    (tmp_path / "submission.toml").write_text('name = "Ada\n')
    assert call(Worker(tmp_path, Layout.handed_in), "m.f") == {"value": 1}
    with pytest.raises(LayoutError, match="no such folder"):
        Layout.handed_in(tmp_path / "absent")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_submission_toml_in_the_encodings_of_editors(tmp_path: Path, encoding: str) -> None:
    """As `answers.md`: a name with an umlaut, saved by whatever editor."""
    (tmp_path / "submission.toml").write_bytes('name = "Jürgen"\r\n'.encode(encoding))
    assert Layout.read(tmp_path).name == "Jürgen"


def test_a_failed_import_is_not_tried_again(tmp_path: Path) -> None:
    """The second call gives the same message without running the file again."""
    worker = Worker(write(tmp_path, m="import helper_count"))
    first = call(worker, "m.f")
    write(tmp_path, m="def f(): return 1")
    assert call(worker, "m.f") == first
    with pytest.raises(LoadError):
        worker.loader.function("m", "f")
