"""Gradescope: `results.json`, and an autograder zip that runs `evidence grade` on what a student uploads.

Field rules: gradescope/autograder_samples, docs/specs.md.  Every check is a test with its own maximum, so that the
maxima add up to the assignment's total; what a human will read counts 0 for now and says so.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import msgspec

from grading.report import lateness
from grading.report.data import CheckReport, Report
from grading.verdict.outcome import State

SETUP = """#!/usr/bin/env bash
set -euo pipefail
apt-get update -qq && apt-get install -y -qq python3.11 python3.11-venv || true
PYTHON=$(command -v python3.11 || command -v python3)
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "choose an image with Python 3.11 or newer")'
cd /autograder/source
"$PYTHON" -m venv venv
venv/bin/pip install --quiet --constraint constraints.txt torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
venv/bin/pip install --quiet --constraint constraints.txt ./evidence
"""
RUN = """#!/usr/bin/env bash
# Grades /autograder/submission; what students see is results.json alone.
cd /autograder
export OMP_NUM_THREADS=1
source/venv/bin/evidence grade submission --out out --workers 1 --experiments {experiments} --seed {seed} \\
    --isolation {isolation} {chosen} >/dev/null 2>out.log
mkdir -p results
source/venv/bin/evidence export gradescope out --to results/results.json 2>>out.log
"""
"""Gradescope gives 0 for a run that takes too long, so by default experiments are left to the instructor's machine."""


def results(report: Report, visibility: str = "visible") -> dict[str, Any]:
    """`results.json` of one submission."""
    return {
        "score": report.points,
        "execution_time": round(report.seconds),
        "output": summary(report),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "extra_data": {
            "content": report.content,
            "seed": report.seed,
            "grade": report.grade,
            **dict(zip(lateness.COLUMNS, lateness.cells(report), strict=True)),
        },
        "tests": [test(check) for check in report.checks()],
    }


def summary(report: Report) -> str:
    """The first thing that a student reads."""
    pending = f", {report.pending:g} points still to be marked" if report.pending else ""
    level = f"level {report.grade}" if report.grade != "-" else "no level yet"
    late = [f"{words}."] if (words := lateness.sentence(report)) else []
    return "\n".join([f"{report.points:g} of {report.maximum:g} points{pending}; {level}.", *late, *report.notices])


def test(check: CheckReport) -> dict[str, Any]:
    """One check as a test.  What is open has no status: neither passed nor failed."""
    number, _, name = check.id.partition("/")
    found = {
        "score": check.points,
        "max_score": check.maximum,
        "name": f"{number} {name.replace('_', ' ')}",
        "number": number,
        "output": "passed" if check.outcome is State.PASSED else check.feedback,
        "output_format": "text",
        "tags": [check.kind],
        "visibility": "visible",
        "extra_data": {"outcome": check.outcome, "mistake": check.mistake},
    }
    if check.pending:
        return found
    return found | {"status": "passed" if check.points >= check.maximum - 1e-3 else "failed"}


def write_results(report: Report) -> bytes:
    """`results.json` as text."""
    return msgspec.json.format(msgspec.json.encode(results(report)), indent=1)


def autograder(
    files: dict[str, bytes],
    course: dict[str, str],
    *,
    experiments: str,
    seed: int,
    isolation: str,
    questions: str = "",
) -> bytes:
    """The zip for "Configure autograder": `setup.sh`, `run_autograder`, this project and its exact versions; with the
    files of a changed course, where there are any."""
    chosen = [f"--questions {questions}"] if questions else []
    chosen += ["--course source/course/course.toml"] if course else []
    run = RUN.format(experiments=experiments, seed=seed, isolation=isolation, chosen=" ".join(chosen))
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        add(archive, "setup.sh", SETUP.encode(), executable=True)
        add(archive, "run_autograder", run.encode(), executable=True)
        for name, content in sorted(files.items()):
            add(archive, name if name == "constraints.txt" else f"evidence/{name}", content)
        for name, text in sorted(course.items()):
            add(archive, f"course/{name}", text.encode())
    return page.getvalue()


def add(archive: zipfile.ZipFile, name: str, content: bytes, *, executable: bool = False) -> None:
    """A member with a fixed date, so that the same project gives the same zip."""
    member = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
    member.external_attr = (0o100755 if executable else 0o100644) << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, content)
