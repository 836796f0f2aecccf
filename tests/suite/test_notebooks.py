"""The notebooks run from top to bottom, quickly, and are stored without outputs; there is one for every topic."""

from __future__ import annotations

import time
from pathlib import Path

import nbformat
import pytest

from derivations.topics import TOPICS

nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "derivations" / "notebooks").glob("*.ipynb"))
MAX_SECONDS = 120  # about 15 on an idle machine; a hanging cell is found, a busy machine forgiven


def test_there_is_one_for_every_topic() -> None:
    """A topic without its notebook is an unfinished topic."""
    assert {path.stem for path in NOTEBOOKS} == set(TOPICS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_without_outputs(path: Path) -> None:
    """What a notebook shows is made when it is run, so it cannot be stale."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell runs, every derivation shown holds, and every changed line is refuted (the cells assert it)."""
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=MAX_SECONDS, resources={"metadata": {"path": str(ROOT)}})
    start = time.perf_counter()
    client.execute()
    print(f"{path.stem}: {time.perf_counter() - start:.1f} s")
    shown = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith("show(")]
    assert shown
    for cell in shown:
        text = "".join(output.data["text/markdown"] for output in cell.outputs)
        assert "✗" not in text and "?" not in text.replace("?*", ""), text
