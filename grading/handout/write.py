"""Write a handout into a new folder."""

from __future__ import annotations

import hashlib
from importlib.metadata import version as installed
from pathlib import Path

from grading.assignment import Course, contract
from grading.assignment.contract import STUBS
from grading.handout import course as own
from grading.handout import pages, stubs, wheel
from grading.verdict import closed_forms

CHANGES = Path(__file__).parent.parent / "assignment" / "CHANGES.md"


class HandoutError(Exception):
    """A handout that cannot be written; the message says why and what to do."""


def write(
    folder: Path,
    course: Course,
    *,
    path: Path | None = None,
    levels: list[str] | None = None,
    notebooks: bool = False,
) -> list[Path]:
    """Write the handout and return its files; `path` is the `course.toml` that the course was read from.

    Raises:
        HandoutError: the folder is not empty, or a level does not exist.
        WheelError: the wheel could not be built.
    """
    chosen = tuple(q for q in course.questions if not levels or q.level in levels)
    unknown = sorted(set(levels or ()) - set(course.levels))
    if unknown:
        raise HandoutError(f"--levels {','.join(unknown)}: no such level; there are {', '.join(course.levels)}")
    if folder.exists() and any(folder.iterdir()):
        raise HandoutError(f"{folder} is not empty; a handout is written into a new folder")
    (folder / "implementations").mkdir(parents=True)
    built = wheel.build(folder)
    label = version(course)
    added = own.files(path, course, levels or ())
    texts = {
        "README.md": pages.readme(built.name, label, bool(added)),
        "questions.md": pages.questions(chosen, label, course),
        "answers.md": pages.answers(chosen),
        **({"answers.py": pages.code(chosen)} if any(map(closed_forms.asked, chosen)) else {}),
        "submission.toml": pages.SUBMISSION_TOML,
        "pytest.ini": pages.pytest_ini(bool(added)),
        "CHANGES.md": CHANGES.read_text(encoding="utf-8"),
        **added,
    }
    modules = contract(course.tests)
    for module, names in stubs.needed(chosen, modules).items():
        make, suffix = (stubs.notebook_source, ".ipynb") if notebooks else (stubs.module_source, ".py")
        texts[f"implementations/{module}{suffix}"] = make(modules[module], names)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return [built, *(folder / name for name in texts)]


def version(course: Course) -> str:
    """`0.1.0 (3f9c2a)`: the suite's version, and a digest that changes whenever a question, deadline or stub does."""
    policy = course.policy
    digest = hashlib.sha256(repr((course.title, course.questions, policy.deadlines, policy.late)).encode())
    for folder in (STUBS, *course.tests):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return f"{installed('evidence-vi')} ({digest.hexdigest()[:6]})"
