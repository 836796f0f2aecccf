"""`evidence mark` in a real browser: sound, keyboard first, nothing asked of the network, no serious axe-core fault."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grading.gradebook import Conditions, Gradebook, HandedIn, content_hash
from grading.run import Run, Settings
from grading.sandbox import Isolation
from tests.suite.at_a_terminal import PROGRAM
from tests.suite.test_report import browser  # noqa: F401

CHECK = "1.1.2/family_and_tightness"
TITLE = "How the family affects tightness and accuracy"
LONG = (
    "A richer family can only tighten the bound. " * 40
    + "$$"
    + " + ".join(f"a_{{{n}}} x^{{{n}}}" for n in range(60))
    + "$$"
)
COURSE = """
[[regrades]]
student = "ada"
question = "1.1.2"
text = "My second sentence says it."
date = 2026-12-20
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two answers, one long with a wide formula; one request."""
    tmp_path = tmp_path_factory.mktemp("marking")
    (tmp_path / "course.toml").write_text(COURSE)
    run = Run.begin(tmp_path / "out", Settings(Conditions(), Isolation.PROCESS, str(tmp_path / "course.toml")))
    entries = []
    for name, text in (("ada", LONG), ("bob", "It depends on $\\rho^2$.")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "answers.md").write_text(f"## 1.1.2\n\n{text}\n")
        entries.append(HandedIn(name, content_hash(tmp_path / name), str(tmp_path / name)))
    run.gradebook.hand_in(entries)
    return tmp_path / "out"


@pytest.fixture(scope="module")
def context(out: Path, browser: Any) -> Iterator[Any]:  # noqa: F811
    """A browser that opened the command's address; Ctrl-C ends the command without a word of error."""
    command = [sys.executable, "-c", PROGRAM, "mark", str(out), "--as", "eva"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    assert server.stdout is not None
    opened = browser.new_context()
    page = opened.new_page()
    page.goto(server.stdout.readline().split()[1])
    opened.address = page.url
    page.close()
    yield opened
    opened.close()
    server.send_signal(signal.SIGINT)
    said, errors = server.communicate(timeout=20)
    assert server.returncode == 0 and "every mark is saved" in said and "Traceback" not in errors


def tab_of(context: Any, width: int = 1400, scheme: str = "light") -> tuple[Any, list[str]]:
    """The list of questions, and everything that it complained about or asked of others than the command."""
    heard: list[str] = []
    tab = context.new_page()
    tab.set_viewport_size({"width": width, "height": 900})
    tab.emulate_media(color_scheme=scheme)
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.on("request", lambda ask: None if ask.url.startswith(context.address) else heard.append(ask.url))
    tab.goto(context.address)
    return tab, heard


def faults(tab: Any) -> list[str]:
    """Serious and critical faults that axe-core finds."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    found = axe.run(tab).response["violations"]
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in found if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1400, "dark")])
def test_every_page_is_sound(context: Any, width: int, scheme: str) -> None:
    """The list, an answer and a request: no complaint, no foreign request, no sideways scrolling, no serious fault."""
    tab, heard = tab_of(context, width, scheme)
    for link in (None, TITLE, "My second sentence says it."):
        if link:
            tab.goto(context.address)
            with tab.expect_navigation():  # a click returns while the list is still there
                tab.get_by_role("link", name=link).click()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, link
        assert faults(tab) == [], link
        if shots := os.environ.get("EVIDENCE_SHOTS"):
            tab.screenshot(path=f"{shots}/{width}-{(link or 'list')[:3]}.png")
    assert heard == []
    tab.close()


def pressed_until(tab: Any, element: Any) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(20):
        if element.evaluate("each => each === document.activeElement"):
            return
        tab.keyboard.press("Tab")
    raise AssertionError("Tab does not get there")


def test_a_marker_needs_no_mouse(context: Any, out: Path) -> None:
    """Tab and Enter open a question; the points have the focus; Enter saves and goes on; Tab leads back."""
    tab, _ = tab_of(context)
    pressed_until(tab, tab.get_by_role("link", name=TITLE))
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/0")
    tab.locator("input[name=points]:focus").wait_for()
    tab.keyboard.type("1.5")
    tab.keyboard.press("Tab")
    tab.keyboard.type("clear")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/1")
    book = Gradebook(out / "gradebook.sqlite")
    marks = [mark for entry in book.handed_in() for mark in book.marks(entry.content)]
    assert [(mark.check, mark.points, mark.who, mark.why) for mark in marks] == [(CHECK, 1.5, "eva", "clear")]
    pressed_until(tab, tab.get_by_role("link", name="Previous"))
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/0")
    assert tab.locator("input[name=points]").input_value() == "1.5"
    tab.close()


def test_a_request_is_answered_on_its_page(context: Any) -> None:
    """Points for a text that a human reads; the list says what was done."""
    tab, _ = tab_of(context)
    tab.get_by_role("link", name="My second sentence says it.").click()
    tab.locator("input[name=points]").fill("2")
    tab.locator("input[name=why]").fill("it does")
    tab.locator("input[name=why]").press("Enter")
    tab.wait_for_selector("text=2 points given (eva)")
    tab.close()
