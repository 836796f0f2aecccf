"""Write all reports of a run into its output folder.

OUT/index.html, OUT/grades.csv                      the class
OUT/submissions/NAME/report.html, report.json       each submission
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import msgspec

from grading.feedback.detail import Detail
from grading.grade import grade
from grading.gradebook import HandedIn
from grading.gradebook.content import NOTHING
from grading.regrade import asked
from grading.report import overview, page
from grading.report.data import Report
from grading.report.fill import Circumstances, report
from grading.run import Run

LONGEST = 200
"""Bytes of a name, without its hash and ending; file systems take 255, and a letter may have four."""


def write(run: Run, out: Path, detail: Detail = Detail.FULL) -> Path:
    """Render everything from the gradebook; the path of the page to open first.  `detail` is that of the pages."""
    reports = {entry.submission: one for entry, one in reports_of(run)}
    folders = {name: out / "submissions" / file_name(name) for name in reports}
    for name, one in reports.items():
        folders[name].mkdir(parents=True, exist_ok=True)
        put(folders[name] / "report.json", msgspec.json.format(msgspec.json.encode(one), indent=1))
        put(folders[name] / "report.html", page.html(one, detail).encode())
    put(out / "grades.csv", overview.table(list(reports.values())).encode())
    links = {name: str(folder.relative_to(out) / "report.html") for name, folder in folders.items()}
    put(
        out / "index.html",
        overview.html(list(reports.values()), links, run.course.policy.nobody(set(reports))).encode(),
    )
    return folders[next(iter(reports))] / "report.html" if len(reports) == 1 else out / "index.html"


def reports_of(run: Run) -> list[tuple[HandedIn, Report]]:
    """Every submission's report."""
    entries = run.gradebook.handed_in()
    sharing = defaultdict(list)
    for entry in entries:
        sharing[entry.content].append(entry)
    return [(entry, report_of(run, entry, sharing[entry.content])) for entry in entries]


def report_of(run: Run, entry: HandedIn, sharing: list[HandedIn]) -> Report:
    """One submission's report; `sharing` are those of the same content, of whom members of a group handed in as one."""
    book, conditions = run.gradebook, run.conditions
    isolation = book.isolations(entry.content) or [str(run.settings.isolation)]
    how = Circumstances(conditions.seed, conditions.training, str(conditions.prerequisites), isolation)
    outcomes, marks = run.standing(entry.content).outcomes, book.marks(entry.content)
    graded = grade(run.course, outcomes, marks, entry.submission)
    regrades = asked(book, run.course.policy.requests, entry.submission)
    copies = sharing if entry.content != NOTHING else []
    twins = [other.submission for other in copies if other.folder != entry.folder]
    return report(run.course, entry, twins, graded, how, regrades)


def file_name(submission: str) -> str:
    """A submission's name as a folder name: letters, digits, `-` and `_` stay; any other gets a hash too."""
    kept = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in submission)[:80]
    kept = kept.encode()[:LONGEST].decode(errors="ignore")
    return kept if kept == submission else f"{kept}-{hashlib.sha256(submission.encode()).hexdigest()[:8]}"


def put(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.  Raises OSError, which names this file and leaves no other behind."""
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from None
