"""The grader judges the same wherever one stands, in a submission too, whatever its modules are called."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

EVIDENCE = (sys.executable, "-P", "-c", "from grading.cli import main; main()")
"""As installed: the folder that one stands in is not searched for modules."""
MINUS_A = """
import numpy as np
from scipy.special import gammaln


def natural_parameters(alpha, beta, parameterization="scale"):
    return np.array([alpha - 1, -1 / beta])


def sufficient_statistics(x):
    return np.stack([np.log(x), x], axis=1)


def log_partition(eta):
    return (eta[0] + 1) * np.log(-eta[1]) - gammaln(eta[0] + 1)
"""


def test_a_submission_that_one_stands_in_runs_in_the_sandbox_only(tmp_path: Path) -> None:
    """Its modules, named like the reference's or a library's, are not the grader's; known mistakes are still known."""
    work, out, told = tmp_path / "work", tmp_path / "out", tmp_path / "told"
    (work / "implementations").mkdir(parents=True)
    tell = f"try:\n    open({str(told)!r}, 'a').write(__file__)\nexcept OSError:\n    pass\n"
    for name in ("psutil.py", "implementations/__init__.py", "implementations/bbvi.py"):
        (work / name).write_text(tell)
    (work / "implementations" / "gamma.py").write_text(tell + MINUS_A)
    command = [*EVIDENCE, "grade", ".", "--out", str(out), "--questions", "2.2.14", "--experiments", "never"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not told.exists()
    (report,) = out.glob("submissions/*/report.json")
    checks = [check for each in json.loads(report.read_text())["questions"] for check in each["checks"]]
    (mistake,) = (check["mistake"] for check in checks if check["id"] == "2.2.14/exponential_family_is_the_density")
    assert "minus A: " in mistake
