"""Marks by hand are saved at once, names stay hidden, and a malformed table changes nothing."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from grading.assignment import load
from grading.feedback.typeset import markdown
from grading.gradebook import Gradebook, Key
from grading.gradebook.book import HandedIn
from grading.marking import Desk, TableError, agreement, make_app, read_table, write_table
from grading.verdict.outcome import Outcome, State

CHECK = "1.1.2/family_and_tightness"
NAME = "Ada Lovelace"


def sections(text: str) -> dict[str, str]:
    """Text by question number, for these tests: a heading line `## 1.1.2`."""
    parts = text.split("## ")[1:]
    return {part.split()[0]: part.partition("\n")[2] for part in parts}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two submissions, one with an answer that tries to be HTML."""
    book = Gradebook(tmp_path / "gradebook.sqlite")
    for content, text in (
        ("aaaaaa1", "<script>alert(1)</script> with $\\rho^2$ and $\\text{<script>alert(2)</script>}$"),
        ("bbbbbb2", "=SUM(A1)"),
    ):
        folder = tmp_path / content
        folder.mkdir()
        (folder / "answers.md").write_text(f"## 1.1.2\n{text}\n")
        (folder / "submission.toml").write_text(f'name = "{NAME}"\n')
    book.hand_in(
        [HandedIn(NAME, c, str(tmp_path / c)) for c in ("aaaaaa1",)]
        + [HandedIn("B", "bbbbbb2", str(tmp_path / "bbbbbb2"))]
    )
    return Desk(book, load(), sections)


def test_the_page_needs_its_token_once(desk: Desk) -> None:
    """Without the token nothing is shown; the token opens one session and is spent."""
    app = make_app(desk, "eva", "secret")
    assert app.test_client().get("/").status_code == 403
    client = app.test_client()
    assert client.get("/?token=wrong").status_code == 403
    assert client.get("/?token=secret").status_code == 302
    assert client.get("/").status_code == 200
    assert app.test_client().get("/?token=secret").status_code == 403
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403


def test_an_answer_is_shown_typeset_without_a_name(desk: Desk) -> None:
    """Formulas become MathML, HTML is escaped, the student's name is nowhere."""
    app = make_app(desk, "eva", "t")
    client = app.test_client()
    client.get("/?token=t")
    text = client.get(f"/{CHECK}/0").text
    assert "<math" in text and "<script>alert" not in text and NAME not in text
    assert "correlation" in text  # the rubric


def test_a_display_within_a_paragraph_is_typeset() -> None:
    """`$$...$$` need not stand alone; no dollar is left over."""
    html = markdown("so $$a^2$$ and $b$.")
    assert html.count("<math") == 2 and "$" not in html


def test_a_mark_is_saved_at_once_and_survives(desk: Desk) -> None:
    """Who, when, why; the form goes on to the next answer; a wrong number is refused in words."""
    client = make_app(desk, "eva", "t").test_client()
    client.get("/?token=t")
    assert client.post(f"/{CHECK}/0", data={"points": "1,5", "why": "clear"}).headers["Location"].endswith("/1")
    mark = Gradebook(desk.book.path).marks("aaaaaa1")[-1]
    assert (mark.points, mark.who, mark.why) == (1.5, "eva", "clear") and mark.at
    refused = client.post(f"/{CHECK}/0", data={"points": "9"})
    assert refused.status_code == 400 and "0 to 2" in refused.text


def test_empty_answers_get_nothing_at_once(desk: Desk) -> None:
    """One button for a question; whoever wrote something, or was marked, is left alone."""
    other = "1.1.1/derivation_is_complete"
    desk.mark("bbbbbb2", other, 0.5, "max", "on paper")
    client = make_app(desk, "eva", "t").test_client()
    client.get("/?token=t")
    assert "0 for 1 empty" in client.get("/").text
    assert client.post(f"/{other}/empty").status_code == client.post(f"/{CHECK}/empty").status_code == 302
    assert [(mark.check, mark.points, mark.why) for mark in desk.book.marks("aaaaaa1")] == [
        (other, 0.0, "Nothing was written.")
    ]
    assert [(mark.check, mark.points) for mark in desk.book.marks("bbbbbb2")] == [(other, 0.5)]
    assert client.post("/9.9.9/x/empty").status_code == 404


def test_a_table_goes_out_and_comes_back(desk: Desk) -> None:
    """Formulas in answers are defused; filled points are saved."""
    text = write_table(desk, "eva")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["check"] for row in rows} >= {CHECK} and "'=SUM(A1)" in text
    for row in rows:
        row["points"] = "1" if row["check"] == CHECK else ""
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    assert read_table(desk, out.getvalue(), "eva") == 2
    mark = desk.answers(CHECK)[0].mark_by("eva")
    assert mark is not None and mark.points == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (f"nobody,{CHECK},1", "line 3: there is no submission 'nobody'"),
        ("aaaaaa1,9.9.9/x,1", "line 3: there is no check 9.9.9/x"),
        (f"aaaaaa1,{CHECK},lots", "line 3: points 'lots' is no number"),
        (f"aaaaaa1,{CHECK},nan", "line 3: nan points for"),
        (f"aaaaaa1,{CHECK},2", "line 3: eva has marked this answer in line 2 already"),
        (f"aaaaaa1,{CHECK},-1", "line 3: -1 points for 1.1.2/family_and_tightness, where 0 to 2 can be given"),
    ],
)
def test_a_malformed_table_changes_nothing(desk: Desk, row: str, words: str) -> None:
    """One bad row is enough to refuse all; the message names its line."""
    with pytest.raises(TableError) as caught:
        read_table(desk, f"submission,check,points\naaaaaa1,{CHECK},1\n{row}\n", "eva")
    assert words in caught.value.faults[0]
    assert desk.book.marks("aaaaaa1") == []


def test_a_fault_is_named_by_the_first_line_of_its_row(desk: Desk) -> None:
    """Answers have line breaks."""
    text = f'submission,check,points,answer\naaaaaa1,{CHECK},1,"two\nlines"\nbbbbbb2,{CHECK},9,"two\nlines"\n'
    with pytest.raises(TableError) as caught:
        read_table(desk, text, "eva")
    assert caught.value.faults == [f"line 4: 9 points for {CHECK}, where 0 to 2 can be given"]


def test_a_table_comes_back_from_any_spreadsheet(desk: Desk) -> None:
    """Semicolons, decimal commas, a byte order mark and Windows line ends; what was given before is not given again."""
    desk.mark("bbbbbb2", CHECK, 1.0, "eva", "-0,5: no direction")
    rows = list(csv.DictReader(io.StringIO(write_table(desk, "eva"))))
    for row in rows:
        if row["check"] == CHECK and row["submission"] == "aaaaaa1":
            row["points"] = "1,5"
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    assert read_table(desk, "\ufeff" + out.getvalue(), "eva") == 1
    assert [mark.points for mark in desk.book.marks("aaaaaa1")] == [1.5]
    assert [mark.why for mark in desk.book.marks("bbbbbb2")] == ["-0,5: no direction"]


def test_what_a_check_leaves_open_lies_on_the_desk(desk: Desk) -> None:
    """An undecided derivation, or an audit that disagrees, is marked where the prose is; others are not asked again."""
    open_, why = "1.1.1/derivation", "line 3 is undecided"
    outcome = Outcome(check=open_, state=State.NEEDS_HUMAN, message=why)
    desk.book.record(Key("aaaaaa1", open_, "f", "seed 0"), outcome, "process")
    assert [answer.content for answer in desk.answers(open_)] == ["aaaaaa1"]
    client = make_app(desk, "eva", "t").test_client()
    client.get("/?token=t")
    assert "left open by its check" in client.get("/").text and why in client.get(f"/{open_}/0").text
    assert client.get(f"/{open_}/1").status_code == 404
    assert client.post(f"/{open_}/0", data={"points": "2"}).status_code == 302
    assert f"aaaaaa1,{open_},2,2,eva" in write_table(desk, "eva")


def test_a_table_without_its_columns_is_refused(desk: Desk) -> None:
    """The missing column is named."""
    with pytest.raises(TableError, match="no column points"):
        read_table(desk, "submission,check\n", "eva")


def test_agreement_of_two_markers(desk: Desk) -> None:
    """Kappa is 1 for equal marks that vary, and 0 where one marker's marks do not depend on the answer."""
    for who, points in (("a", (0.0, 2.0)), ("b", (0.0, 2.0)), ("c", (2.0, 2.0))):
        for content, given in zip(("aaaaaa1", "bbbbbb2"), points, strict=True):
            desk.mark(content, CHECK, given, who, "")
    marks = desk.book.marks("aaaaaa1") + desk.book.marks("bbbbbb2")
    pairs = {(pair.first, pair.second): pair for pair in agreement(marks)}
    assert pairs["a", "b"].kappa == 1.0 and pairs["a", "b"].same == 2
    assert pairs["a", "c"].kappa == pytest.approx(0.0) and pairs["a", "c"].mean_difference == 1.0
