"""The marking page without a browser: one form sent to it, as `evidence mark out --as Ada` would get it."""

from __future__ import annotations

from pathlib import Path

from grading.marking import Desk, make_app
from grading.run import Run
from grading.verdict.answers import sections


def post(arguments: list[str]) -> int:
    """`PATH name=value ...`; prints the page that comes back and returns its status."""
    path, *fields = arguments
    run = Run.reopen(Path("out"))
    browser = make_app(Desk(run.gradebook, run.course, sections), "Ada", "token", run).test_client()
    browser.get("/?token=token", headers={"Host": "127.0.0.1"})
    form = dict(each.split("=", 1) for each in fields)
    answer = browser.post(path, data=form, headers={"Host": "127.0.0.1"})
    print(answer.get_data(as_text=True))
    return answer.status_code
