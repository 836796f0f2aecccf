"""The wheel that students install: the checks, without anything that holds a solution.

What stays out is said once, in `[tool.setuptools.packages.find]` of pyproject.toml, and tested by looking into the
built wheel.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from grading.places import PROJECT

PARTS = ("derivations", "grading", "tests", "pyproject.toml", "README.md", "LICENSE")


class WheelError(Exception):
    """The wheel could not be built; the message ends with pip's last lines."""


def build(target: Path) -> Path:
    """Build the wheel into a folder and return its path.

    Raises:
        WheelError: this is an installed copy rather than the project's own folder, or pip failed.
    """
    if not (PROJECT / "pyproject.toml").exists():
        raise WheelError("the handout is made from a clone of the project; this is an installed copy")
    with TemporaryDirectory() as scratch:
        source = Path(scratch) / "project"
        for part in PARTS:
            copy(PROJECT / part, source / part)
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--no-deps",
            "--quiet",
            "--wheel-dir",
            str(target),
            str(source),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise WheelError("pip could not build the wheel:\n" + "\n".join(done.stderr.splitlines()[-8:]))
    return max(target.glob("evidence_vi-*.whl"), key=lambda path: path.stat().st_mtime)


def copy(origin: Path, target: Path) -> None:
    """Copy a file or folder, without caches; a file that is not there is left out."""
    if origin.is_dir():
        shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    elif origin.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(origin, target)
