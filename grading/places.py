"""Where this project's own files are.

In a clone the project's folder is also the reference submission; an installation has the checks and no reference.
"""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CHECKS = PROJECT / "tests"
"""The folder of the files of checks, `test_*.py`."""
