"""The worked example of an own question runs through pytest: right work passes, a known mistake does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
COURSE = ROOT / "docs" / "own_question" / "course.toml"
SOLUTION = """
import numpy as np

def elbo(X, y, alpha, beta, mean, variance):
    N, D = X.shape
    residual = ((y - X @ mean) ** 2).sum() + {trace}
    fit = 0.5 * N * np.log(beta / (2 * np.pi)) - 0.5 * beta * residual
    prior = 0.5 * D * np.log(alpha / (2 * np.pi)) - 0.5 * alpha * (mean**2 + variance).sum()
    return fit + prior + 0.5 * np.log(2 * np.pi * np.e * variance).sum()
"""


@pytest.mark.parametrize(("trace", "code"), [("(X**2 @ variance).sum()", 0), ("0.0", 1)])
def test_the_added_question_is_checked(tmp_path: Path, trace: str, code: int) -> None:
    """The second solution forgets the trace of X diag(variance) X'."""
    (tmp_path / "implementations").mkdir()
    (tmp_path / "implementations" / "blr.py").write_text(SOLUTION.format(trace=trace))
    command = [sys.executable, "-m", "pytest", "-q", "--course", str(COURSE), "--question", "5.1.1"]
    done = subprocess.run([*command, "--submission", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("2 of 2 public checks passed" if code == 0 else "5.1.1   0 of 2") in done.stdout
