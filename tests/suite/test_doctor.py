"""What a student is told before handing in: what is only a stub, and what nobody will read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grading.assignment import load
from grading.assignment.contract import STUBS
from grading.doctor import Examination, Weight, examine
from grading.submission import InProcess, Submission
from grading.submission.folder import Layout

OWN = """
def fisher_information(alpha, beta, parameterization="scale"):
    if parameterization != "scale":
        raise NotImplementedError
    return alpha


def natural_gradient(gradient, alpha, beta, parameterization="scale"):
    raise NotImplementedError("tomorrow")
"""
ANSWERS = """# Mine

## 1.1.2
Wide families are tight.

## 9.9.9 A question of last year
$$1 = 2$$
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission of stubs."""
    (tmp_path / "implementations").mkdir()
    for name in ("gamma", "vae"):
        shutil.copy(STUBS / f"{name}.py", tmp_path / "implementations")
    (tmp_path / "submission.toml").write_text('name = "ada"\n')
    return tmp_path


def seen(folder: Path) -> Examination:
    """What `evidence doctor` shows."""
    return examine(Submission(InProcess(folder)), load())


def test_a_stub_is_not_found_to_be_there(folder: Path) -> None:
    """Every function that only raises NotImplementedError is missing; one that also returns is not."""
    found = {each.what: each for each in seen(folder).functions}
    assert {found[name].weight for name in found if name.startswith(("gamma.", "vae."))} == {Weight.MISSING}
    assert "not implemented yet" in found["vae.loss"].words
    (folder / "implementations" / "gamma.py").write_text(OWN)
    found = {each.what: each for each in seen(folder).functions}
    assert found["gamma.fisher_information"].weight is Weight.FOUND
    assert found["gamma.natural_gradient"].weight is Weight.MISSING


def test_text_under_a_number_that_nobody_asks_for_is_named(folder: Path) -> None:
    """It will not be read, and the student hears of it."""
    (folder / "answers.md").write_text(ANSWERS)
    told = [each for each in seen(folder).answers if each.what == "9.9.9"]
    assert [each.weight for each in told] == [Weight.NOTICE] and "no such question" in told[0].words


def test_an_entry_point_that_leads_nowhere_is_named(folder: Path) -> None:
    """A misspelt name does nothing, and that is said; a file that is not there is named as the student wrote it."""
    page = 'name = "ada"\n[entry_points]\n"gama.natural_gradient" = "vae.py"\niwae = "my_iwae.py"\nvae = "vae.py"\n'
    (folder / "submission.toml").write_text(page)
    entries = Layout.read(folder).entry_points
    found = {each.what: each for each in examine(Submission(InProcess(folder)), load(), entries).functions}
    assert "the line does nothing" in found["gama.natural_gradient"].words and "vae" not in found
    assert "submission.toml sends it to my_iwae.py" in found["iwae.loss"].words
