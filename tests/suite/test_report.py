"""Reports: the published form, what a reader sees, and a real browser's opinion."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from grading.assignment import Kind, load
from grading.feedback.detail import Detail
from grading.feedback.typeset import ticks
from grading.gradebook import Conditions, Experiments, HandedIn, Key, Mark, content_hash
from grading.handout.pages import questions
from grading.report import overview, write
from grading.report.data import Report, schema
from grading.report.page import html
from grading.report.write import file_name, put, reports_of
from grading.run import Run, Settings
from grading.sandbox import Isolation
from grading.verdict.outcome import Outcome, Plot, State
from tests.suite.test_confidence import rejected

SCHEMA = Path(__file__).parents[2] / "grading" / "report" / "schema.json"
CHROMIUM = Path("/usr/bin/chromium")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>'
EVIL = "</pre><script>alert('boo')</script> {{ 7 * 7 }}"
FRAMES = {
    State.ERROR: f'  File "/tmp/box/work/implementations/gamma.py", line 7, in fisher_information\n    {EVIL}\n',
    State.BROKEN: '  File "/venv/grading/verdict/judge.py", line 3, in verdict\n    1 / 0\n',
}
STATES = [State.PASSED, State.FAILED, State.ERROR, State.TIMEOUT, State.BROKEN, State.PASSED, State.PASSED]


def made_up(check: str, state: State) -> Outcome:
    """An outcome with everything that an outcome can have, hostile text included."""
    plots = [Plot("A circle", "a black circle", SVG)]
    evidence = rejected("mean").as_evidence() | {"measured": 512.0, "path": [0.5] * 9, EVIL: EVIL}
    found: dict[str, Any] = dict(
        message=EVIL, counterexample=EVIL, evidence=evidence, plots=plots, traceback=FRAMES.get(state, "")
    )
    return Outcome(check=check, state=state, mistake="the sign" if state is State.FAILED else "", **found)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of four: two the same, one empty; every state occurs, and a mark by hand."""
    out = tmp_path_factory.mktemp("class")
    run = Run.begin(out, Settings(Conditions(experiments=Experiments.NEVER), Isolation.PROCESS))
    names = [("ada", "a"), ("bob", "b"), ("ada's twin", "a"), ("=cmd()|' /C calc'!A0", "c")]
    run.gradebook.hand_in([HandedIn(name, 64 * content, f"/nowhere/{name}", [EVIL]) for name, content in names])
    for place, (check, mark) in enumerate(run.fingerprints.items()):
        for shift, content in enumerate("ab"):
            outcome = made_up(check, STATES[(place + shift) % len(STATES)])
            run.gradebook.record(Key(64 * content, check, mark, "seed 0"), outcome, "process")
    run.gradebook.add_mark(
        Mark(content=64 * "a", check="1.1.1/derivation_is_complete", points=0.5, who="eve", why="ok")
    )
    write(run, out)
    return out


def report_of(out: Path, name: str) -> dict[str, Any]:
    """A submission's `report.json`."""
    return msgspec.json.decode((out / "submissions" / name / "report.json").read_bytes())


def test_a_mistake_is_named_once_a_question(out: Path) -> None:
    """However many checks of a question recognise it, on the student's page and on the class page."""
    reports = {entry.submission: report for entry, report in reports_of(Run.reopen(out))}
    ada = reports["ada"]
    checks = [(check.id.partition("/")[0], check.mistake) for check in ada.checks() if check.mistake]
    named = [(check.id.partition("/")[0], check.mistake) for check in ada.mistakes()]
    assert len(checks) > len(set(checks)) == len(named)
    assert set(named) == set(checks)
    shared = [(row.question, row.mistake) for row in overview.commonest(list(reports.values()))]
    assert len(shared) == len(set(shared))


def test_the_published_schema_is_that_of_the_reports(out: Path) -> None:
    """`schema.json` is what the code says, and every report obeys it."""
    assert SCHEMA.read_bytes() == schema(), "write it again: python -c 'from grading.report.data import *; publish()'"
    published = msgspec.json.decode(SCHEMA.read_bytes())
    pages = list(out.glob("submissions/*/report.json"))
    assert len(pages) == 4
    for page in pages:
        jsonschema.validate(msgspec.json.decode(page.read_bytes()), published)


def test_every_question_and_check_is_shown_whatever_was_run(out: Path) -> None:
    """24 questions, all checks, the same maximum for an empty submission as for a full one."""
    course = load()
    for page in out.glob("submissions/*/report.json"):
        report = msgspec.json.decode(page.read_bytes())
        assert [q["number"] for q in report["questions"]] == [q.number for q in course.questions]
        assert [c["id"] for q in report["questions"] for c in q["checks"]] == list(course.manifest())
        assert report["maximum"] == course.points


def test_points_are_those_of_passed_checks_and_marks(out: Path) -> None:
    """Nothing else earns; what a human or the next run decides is pending."""
    report = report_of(out, "ada")
    for check in (check for question in report["questions"] for check in question["checks"]):
        passed = check["outcome"] == "passed"
        given = check["mark"]["points"] if check["mark"] else check["maximum"] * passed
        assert check["points"] == pytest.approx(given, abs=1e-3)
        assert bool(check["pending"]) == (
            check["outcome"] in ("needs a human", "the grader broke") and not check["mark"]
        )
    assert report["same_as"] == ["ada's twin"] and report["isolation"] == ["process"]


def test_a_level_says_what_it_needs(out: Path) -> None:
    """The share of its points and the level before it, on the page; and so does the handout."""
    (path,) = out.glob("submissions/ada/report.html")
    page = path.read_text()
    assert '<span class="small soft">12 needed</span>' in page and "21.6 needed, and level D" in page
    assert "A level is reached with 60 % of its points" in questions(load().questions, "0", load())


def test_what_nobody_has_run_is_not_called_hard(out: Path) -> None:
    """The class page names it; among the hardest questions count only points that a run has decided."""
    reports = [msgspec.json.decode(page.read_bytes(), type=Report) for page in out.glob("submissions/*/report.json")]
    reasons = {each.reason: each for each in overview.unrun(reports)}
    trainings = [name for name, (_, check) in load().manifest().items() if check.kind is Kind.EXPERIMENT]
    assert reasons["training experiments were not run"].checks == len(trainings) * len(reports)
    assert "Not everything has been run" in (out / "index.html").read_text()
    empty = [one for one in reports if one.content == 64 * "c"]
    assert not any(row.decided for row in overview.hardest(empty))


def page_at(out: Path, detail: Detail) -> str:
    """Ada's page at this level."""
    one = next(report for entry, report in reports_of(Run.reopen(out)) if entry.submission == "ada")
    return html(one, detail)


@pytest.mark.parametrize("detail", Detail)
def test_pages_say_as_much_as_asked(out: Path, detail: Detail) -> None:
    """The same three levels as in the terminal; at none of them a frame of the suite."""
    page = page_at(out, detail)
    assert "public checks passed" in page and "Looks like: the sign" in page
    for words in ("Run it yourself", 'class="trail"', "<strong>The mean by draws.</strong>", "<dt>measured</dt>"):
        assert (words in page) == detail.example
    assert ("File &#34;implementations/gamma.py&#34;" in page) == detail.example and "/tmp/box" not in page
    for name in ("log e-value against the claim", "correct work fails with probability at most", "drawn from", "time"):
        assert (f"<dt>{name}</dt>" in page) == detail.evidence
    assert "judge.py" not in page
    assert ("ada&#39;s twin" in page) == detail.evidence and "handed in more than once" in page


def test_the_data_are_complete_whatever_the_pages_say(out: Path) -> None:
    """`report.json` holds evidence, frames and pictures at every level."""
    before = report_of(out, "ada")
    write(Run.reopen(out), out, Detail.BRIEF)
    brief = (out / "submissions" / "ada" / "report.html").read_text(encoding="utf-8")
    assert report_of(out, "ada") == before and "Run it yourself" not in brief
    write(Run.reopen(out), out)
    failed = next(c for q in before["questions"] for c in q["checks"] if c["outcome"] == "error")
    assert failed["traceback"] and failed["evidence"]["sequence_low"] and failed["plots"]


def test_text_of_a_submission_is_never_markup(out: Path) -> None:
    """Hostile text is escaped everywhere, and templates are not rendered twice."""
    for page in [out / "index.html", *out.glob("submissions/*/report.html")]:
        html = page.read_text(encoding="utf-8")
        assert "<script>alert" not in html and "{{ 7" not in html.replace("{{ 7 * 7 }}", "")
        assert html.count("<script>") == 1 and "Content-Security-Policy" in html


def test_names_in_messages_are_code() -> None:
    """Between backticks, and escaped there as everywhere; a lone one stays."""
    assert ticks("`a.f` is <b>, `<i>`") == "<code>a.f</code> is &lt;b&gt;, <code>&lt;i&gt;</code>"
    assert ticks("a ` b") == "a ` b"


def test_grades_csv_holds_no_formula(out: Path) -> None:
    """One row a submission; a name that a spreadsheet would run is quoted."""
    rows = list(csv.DictReader(io.StringIO((out / "grades.csv").read_text())))
    assert len(rows) == 4 and all(float(row["maximum"]) == load().points for row in rows)
    assert not any(cell.startswith(("=", "+", "-c", "@")) for row in rows for cell in row.values())


def test_every_name_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Long ones too, of letters that have four bytes each; none leads elsewhere."""
    names = [letter * length for letter in ("a", "é", "漢", "𠀀", "/", ".") for length in (1, 2, 80, 100)]
    for name in names:
        put(tmp_path / f"{file_name(name)}.json", name.encode())
    assert sorted(page.read_text() for page in tmp_path.iterdir()) == sorted(names)


def test_a_report_can_be_rendered_again_without_running_anything(out: Path) -> None:
    """Everything needed is in the gradebook."""
    again = {entry.submission: report for entry, report in reports_of(Run.reopen(out))}
    assert msgspec.json.decode(msgspec.json.encode(again["ada"])) == report_of(out, "ada")


def test_the_reference_has_the_same_content_as_itself() -> None:
    """The project's own folder counts by its submission alone."""
    assert content_hash(SCHEMA.parents[2]) == content_hash(SCHEMA.parents[2])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="needs the library playwright")
    if not CHROMIUM.exists():
        pytest.skip(f"needs Chromium at {CHROMIUM}")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Any, page: Path, width: int, scheme: str) -> tuple[Any, list[str]]:
    """A page, and everything that it complained about or asked the network for."""
    heard: list[str] = []
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.on("request", lambda ask: None if ask.url.startswith(("file:", "data:")) else heard.append(ask.url))
    tab.goto(page.as_uri())
    return tab, heard


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1400, "dark")])
@pytest.mark.parametrize("name", ["index.html", "submissions/ada/report.html"])
def test_pages_are_sound_in_a_browser(browser: Any, out: Path, name: str, width: int, scheme: str) -> None:
    """No complaint, no request, no sideways scrolling, and axe-core finds no serious fault with all details open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    tab, heard = opened(browser, out / name, width, scheme)
    tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert heard == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    faults = axe.run(tab).response["violations"]
    assert [f["id"] for f in faults if f["impact"] in ("serious", "critical")] == []
    tab.close()


def test_the_report_works_with_the_keyboard_alone(browser: Any, out: Path) -> None:
    """Tab reaches the first tile and Enter opens its question."""
    tab, _ = opened(browser, out / "submissions/ada/report.html", 1400, "light")
    tile = tab.locator(".tiles a").nth(1)
    for _ in range(60):
        tab.keyboard.press("Tab")
        if tile.evaluate("each => each === document.activeElement"):
            break
    tab.keyboard.press("Enter")
    tab.locator("#q1-1-2[open]").wait_for()
    tab.close()


def test_the_overview_sorts_and_filters(browser: Any, out: Path) -> None:
    """A click on a heading sorts, typing and choosing filter."""
    tab, _ = opened(browser, out / "index.html", 1400, "light")
    column = "#class tbody tr td:nth-child(3)"
    tab.get_by_role("button", name="Points", exact=True).click()
    points = [float(text) for text in tab.locator(column).all_inner_texts()]
    assert points == sorted(points)
    tab.locator("#name").fill("twin")
    assert tab.locator("#class tbody tr:visible").count() == 1
    tab.locator("#name").fill("")
    tab.locator("#state").select_option("twin")
    assert tab.locator("#class tbody tr:visible").count() == 2
    tab.close()
