"""The documentation builds without a warning, and its examples print what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("builder", ["doctest", "html"])
def test_the_pages_build(tmp_path: Path, builder: str) -> None:
    """Links within the pages lead somewhere, generated parts are there, and every `>>>` gives what stands below it."""
    pytest.importorskip("sphinx")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", builder, str(DOCS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    if builder == "doctest":
        assert "0 failures in tests" in (tmp_path / "output.txt").read_text(encoding="utf-8")
