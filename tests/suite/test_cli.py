"""A user's mistake ends in one line that names it and the remedy, exit code 2, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.cli import main

HELP = ("grade", "check", "doctor", "mark", "report", "export", "estimate", "handout")


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `evidence ARGUMENTS`."""
    monkeypatch.setattr("sys.argv", ["evidence", *arguments])
    monkeypatch.setenv("COLUMNS", "80")
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("grade", "{tmp}/absent", "--out", "{tmp}/out"), "absent"),
        (("grade", "{tmp}/empty", "--out", "{tmp}/out"), "empty"),
        (("grade", "{tmp}/work", "--out", "{tmp}/out", "--questions", "9.9"), "no such question"),
        (("grade", "{tmp}/work", "--out", "{tmp}/out", "--course", "{tmp}/none.toml"), "none.toml"),
        (("check", "{tmp}/absent.md"), "No such file"),
        (("check", "{tmp}/broken.md"), "front matter is not TOML"),
        (("check", "{tmp}/fine.md", "--context", "{tmp}/none.toml"), "No such file"),
        (("doctor", "{tmp}/absent"), "no such folder"),
        (("doctor", "{tmp}/toml"), "not valid TOML"),
        (("mark", "{tmp}/work"), "run `evidence grade` first"),
        (("report", "{tmp}/work"), "gradebook"),
        (("export", "canvas", "{tmp}/work"), "gradebook"),
        (("handout", "{tmp}/work"), "not empty"),
        (("handout", "{tmp}/new", "--levels", "E"), "no such level"),
        (("estimate", "{tmp}/absent"), "absent"),
    ],
)
def test_a_mistake_is_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    """The line names what is wrong; nothing else is printed to standard error."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "answers.md").write_text("## 1.1.1\n")
    (tmp_path / "toml").mkdir()
    (tmp_path / "toml" / "submission.toml").write_text("name = ")
    (tmp_path / "broken.md").write_text("+++\nname = \n+++\n")
    (tmp_path / "fine.md").write_text("text")
    code, _, err = run(monkeypatch, capsys, *(a.replace("{tmp}", str(tmp_path)) for a in arguments))
    assert code == 2, err
    assert words in err and "Traceback" not in err


@pytest.mark.parametrize("command", HELP)
def test_help_teaches(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """Every command says what it does and explains each option."""
    code, out, _ = run(monkeypatch, capsys, command, "--help")
    assert code == 0 and len(out.split()) > 30


def test_check_reports_a_refuted_line_and_exits_with_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The exit code speaks of the file, not of its mathematics."""
    page = tmp_path / "a.md"
    page.write_text("## 1.1.1\n\n$$\\log p(X) = \\mathcal{L}(q) - KL(q(Z) \\| p(Z|X))$$\n")
    code, out, _ = run(monkeypatch, capsys, "check", str(page), "--html", str(tmp_path / "a.html"))
    assert code == 0 and "refuted" in out and (tmp_path / "a.html").read_text().lower().startswith("<!doctype html>")
