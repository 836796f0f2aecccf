"""Pages without a network: style, script and pictures are inside, and a policy forbids everything else.

All text of a submission is escaped by the template engine; the content security policy moreover lets no script run
but our own, named by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grading.assignment import Kind
from grading.feedback.detail import Detail
from grading.feedback.summary import waiting
from grading.feedback.terminal import frames, value
from grading.feedback.trail import facts, trail
from grading.feedback.typeset import inline, ticks
from grading.report.data import CheckReport, Report
from grading.report.drawing import drawing
from grading.verdict.outcome import State

TEMPLATES = Path(__file__).parent / "templates"
GLYPHS = {
    State.PASSED: "✓",
    State.FAILED: "✗",
    State.ERROR: "!",
    State.TIMEOUT: "◔",
    State.NOT_RUN: "–",
    State.NEEDS_HUMAN: "✎",
    State.BROKEN: "◇",
}
"""Each state has a shape besides its colour."""
QUESTION_GLYPHS = {
    "full marks": "✓",
    "part of the points": "◐",
    "no points": "✗",
    "needs a human": "✎",
    "the grader broke": "◇",
    "not built": "–",
    "not run": "–",
}


@cache
def templates() -> Environment:
    """The template engine, with everything escaped that is not marked as ours."""
    loader = FileSystemLoader(TEMPLATES)
    engine = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    engine.filters |= {"points": points, "slug": slug, "picture": picture, "value": value, "duration": duration}
    engine.filters |= {
        "inline": inline,
        "ticks": ticks,
        "time": time,
        "trail": trail,
        "drawing": drawing,
        "facts": facts,
    }
    engine.filters |= {"frames": frames, "standing": standing, "first_line": first_line}
    engine.globals |= {"glyphs": GLYPHS, "question_glyphs": QUESTION_GLYPHS}
    return engine


def render(name: str, script: str, **values: Any) -> str:
    """A page from a template, its style and its script."""
    style, code = own("style.css"), own(script)
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return templates().get_template(name).render(style=style, script=code, policy=policy, **values)


@cache
def own(name: str) -> Markup:
    """One of our own files, as it stands."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def html(report: Report, detail: Detail = Detail.FULL) -> str:
    """`report.html` of one submission; `report.json` holds everything whatever is shown here."""
    human = [check for check in report.checks() if check.outcome is State.NEEDS_HUMAN and check.mark is None]
    broken = [check for check in report.checks() if check.outcome is State.BROKEN and check.mark is None]
    values = {"human": human, "broken": broken, "mistakes": report.mistakes(), "detail": detail}
    return render("report.html", "report.js", report=report, **values)


def points(number: float) -> str:
    """At most two decimals: `4.5`, `6`, `0.33`."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def time(iso: str) -> str:
    """`2026-12-05 01:10`, with its zone where it has one."""
    return datetime.fromisoformat(iso).isoformat(" ", "minutes")


def standing(checks: list[CheckReport]) -> str:
    """`3 of 4 public checks passed; 1 waits for 1.2.4; a human reads the text`."""
    public = [check for check in checks if check.kind != Kind.PROSE]
    human = sum(check.outcome is State.NEEDS_HUMAN and check.mark is None for check in checks)
    passed = sum(check.outcome is State.PASSED for check in public)
    said = [f"{passed} of {len(public)} public checks passed"] if public else []
    said += waiting([check.waits_for for check in public], {check.id.partition("/")[0] for check in checks})
    said += [f"a human still reads {human} part{'s' if human > 1 else ''}"] if human else []
    return "; ".join(said) or "read by a human"


def first_line(text: str) -> str:
    """The first line of a text."""
    return text.strip().partition("\n")[0]


def slug(text: str) -> str:
    """A class or anchor name: `needs a human` is `needs-a-human`."""
    return "".join(letter if letter.isalnum() else "-" for letter in text)


def picture(svg: str) -> str:
    """A drawing as a data address, so that nothing in it can run or clash."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min`, `1.5 h`."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
