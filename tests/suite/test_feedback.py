"""Feedback in the terminal: three levels, 80 columns, colour only where there is a terminal, no frame of the suite."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from _hypothesis_pytestplugin import FAILING_EXAMPLES_KEY
from _pytest._io import TerminalWriter

from grading.assignment import Kind, load
from grading.feedback.detail import Detail
from grading.feedback.summary import summary
from grading.feedback.terminal import Feedback, text
from grading.search import PATCH, forget_patch
from grading.verdict.judge import Judge, waiting
from grading.verdict.outcome import Outcome, State
from tests.suite.test_confidence import rejected

ROOT = Path(__file__).parents[2]
PLAIN = {"COLUMNS": "80", "OMP_NUM_THREADS": "1"}
ESCAPE = "\x1b"
QUESTION, CHECK = load().manifest()["2.2.16/fisher_is_positive_definite"]
SUITE_FRAMES = 'Traceback (most recent call last):\n  File "/venv/grading/run.py", line 3, in verdict\n    1 / 0\n'
OWN_FRAMES = '  File "/home/ada/work/implementations/gamma.py", line 7, in fisher_information\n    return {}["alpha"]\n'
EXAMPLE = "from implementations import gamma\n\ngamma.fisher_information(alpha=1.0, beta=1.0)"
WRONG = """
import numpy as np


def sample_q(q, n, rng):
    return rng.normal(q[0], q[1] ** -0.5, n), rng.gamma(q[2], q[3], n)
"""
RAISES = """
def fisher_information(alpha, beta, parameterization="scale"):
    return {}["alpha"]
"""


def ended(state: State) -> Outcome:
    """An outcome with everything that one of its state can have."""
    frames = {State.ERROR: OWN_FRAMES, State.BROKEN: SUITE_FRAMES}.get(state, "")
    message = "The correlation of the matrix is 1.01869, " + 12 * "which is more than one, " + "\nand that is that."
    return Outcome(
        check="2.2.16/fisher_is_positive_definite",
        state=state,
        message=message,
        counterexample=EXAMPLE,
        evidence=rejected("mean").as_evidence(),
        mistake="beta is used as a rate" if state is State.FAILED else "",
        traceback=frames,
        seconds=0.25,
    )


@pytest.mark.parametrize("detail", Detail)
@pytest.mark.parametrize("state", [state for state in State if state is not State.PASSED])
def test_lines_fit_and_the_suite_stays_out(state: State, detail: Detail) -> None:
    """At most 80 columns, no colour, what was asked and what happened, and no frame of the suite at any level."""
    said = text(QUESTION, CHECK, ended(state), detail, seed=7)
    assert max(map(len, said.splitlines())) <= 80
    assert ESCAPE not in said and "judge.py" not in said and "Traceback" not in said
    assert said.startswith("2.2.16") and "Asked:" in said and "Found:" in said
    assert ("beta is used as a rate" in said) == (state is State.FAILED)


def test_brief_is_a_headline_and_a_line_each() -> None:
    """Question and state, one line of what was asked, one of what happened, and the mistake's name."""
    lines = text(QUESTION, CHECK, ended(State.FAILED), Detail.BRIEF, seed=7).splitlines()
    assert len(lines) == 5 and lines[0] == "2.2.16 The Fisher matrix in shape and scale: does not hold" and not lines[1]
    assert [line.partition(":")[0] for line in lines[2:]] == ["Asked", "Found", "Looks like"]
    assert lines[3].endswith("…")


def test_full_adds_example_picture_and_reading() -> None:
    """And a command that runs the check again with the same seed; the numbers are left to the instructor's level."""
    said = text(QUESTION, CHECK, ended(State.FAILED), Detail.FULL, seed=7)
    assert "Run it yourself:" in said and "    from implementations import gamma" in said
    assert "┃ 0" in said and "├" in said and "Read:       Amari 1998" in said
    assert "pytest --question 2.2.16 --seed 7 -k fisher_is_positive_definite" in said
    assert "Evidence:" not in said


NAN = "the loss is nan"


def test_a_training_is_run_again_as_one_and_a_name_is_said_once() -> None:
    """Without --experiments pytest would leave it out; what was found may be the mistake's name already."""
    question, check = load().manifest()["3.1.25/trains_with_both_gradients"]
    outcome = msgspec.structs.replace(ended(State.FAILED), message=f"VAE, epoch 2, step 19: {NAN}", mistake=NAN)
    said = text(question, check, outcome, Detail.FULL, seed=7)
    assert "pytest --question 3.1.25 --seed 7 --experiments quick" in said and "Looks like" not in said


def test_instructor_adds_what_the_verdict_rests_on() -> None:
    """Draws, e-value, error probabilities, time and seed; all of the full level is there too."""
    full, said = (text(QUESTION, CHECK, ended(State.FAILED), detail, seed=7) for detail in list(Detail)[1:])
    assert set(full.splitlines()) <= set(said.splitlines())
    for words in (
        "draws: ",
        "log e-value against the claim: ",
        "probability at most: 1e-11",
        "time: 0.25 s",
        "seed: 7",
    ):
        assert words in said


def test_frames_are_the_submission_s_own_with_short_paths() -> None:
    """Where the submission raised is shown, without the folder that it was unpacked into."""
    said = text(QUESTION, CHECK, ended(State.ERROR), Detail.FULL)
    assert 'File "implementations/gamma.py", line 7, in fisher_information' in said and "/home" not in said


@pytest.mark.parametrize("terminal", [True, False])
def test_colour_only_on_a_terminal(terminal: bool) -> None:
    """Headline and labels stand out where there is colour; without, every character is as given."""
    said = text(QUESTION, CHECK, ended(State.FAILED), Detail.INSTRUCTOR)
    page = io.StringIO()
    writer = TerminalWriter(page)
    writer.hasmarkup = terminal
    Feedback(said).toterminal(writer)
    assert (ESCAPE in page.getvalue()) == terminal
    assert re.sub(r"\x1b\[[\d;]*m", "", page.getvalue()).rstrip() == said.rstrip() == str(Feedback(said)).rstrip()


def test_the_last_lines_say_what_passed_what_waits_and_what_a_human_reads() -> None:
    """A check that waits for another question says for which; questions of text alone are named."""
    course = load()
    judge = Judge(course)
    question = course.question("1.2.5")
    for check in question.checks[1:]:
        judge.record(Outcome(check=question.identifier(check), state=State.PASSED))
    judge.record(waiting(question.identifier(question.checks[-1]), "1.2.4"))
    lines = "\n".join(summary(judge, course.select(["1.1.2", "1.2.5"]))).splitlines()
    said, n = " ".join(" ".join(lines).split()), len(question.checks) - 1
    assert max(map(len, lines)) <= 80
    assert f"1.2.5 {n - 1} of {n} public checks passed; 1 waiting for 1.2.4; the text will be read by a human" in said
    assert said.endswith(f"{n - 1} of {n} public checks passed. A human still reads 1.1.2, 1.2.5.")


def test_what_is_still_to_do_is_a_list_and_fails_the_run(tmp_path: Path) -> None:
    """A stub and no derivation: a line each, however many checks miss them; nothing but the submission is run."""
    (tmp_path / "implementations").mkdir()
    (tmp_path / "implementations" / "gamma.py").write_text(
        "def fisher_information(*args, **kwargs): raise NotImplementedError"
    )
    (tmp_path / "answers.md").write_text("## 2.2.16\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"--submission={tmp_path}",
        "--question=2.2.16",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | PLAIN, check=False)
    assert done.returncode == 1 and done.stdout.count("`gamma.fisher_information` is not implemented yet") == 1
    assert "2.2.16  `gamma" in done.stdout and "no displayed equation" in done.stdout
    assert "3 still to do" in done.stdout and "0 of 3 public checks passed" in done.stdout
    assert "Asked:" not in done.stdout and max(map(len, done.stdout.splitlines()[-12:])) <= 80


def test_hypothesis_offers_no_patch_of_the_checks() -> None:
    """What it keeps for one is forgotten, under the name that this version of it uses."""
    assert PATCH == FAILING_EXAMPLES_KEY
    item = SimpleNamespace(**{PATCH: ["an example"]})
    forget_patch(item)  # type: ignore[arg-type]
    assert not vars(item)


def test_every_check_says_where_to_read_and_only_the_instructor_is_sent_to_the_notebook() -> None:
    """Each check has a place of its own; each question's notebook is there, but not in what students are told."""
    for question in load().questions:
        assert (ROOT / "derivations" / "notebooks" / f"{question.notebook}.ipynb").exists(), question.number
        for check in question.checks:
            assert check.read or check.kind is Kind.PROSE, question.identifier(check)
            failed = Outcome(check=question.identifier(check), state=State.FAILED, message="no")
            said = {detail: text(question, check, failed, detail) for detail in Detail}
            assert "Read:" in said[Detail.FULL] and ".ipynb" not in said[Detail.FULL] + said[Detail.BRIEF]
            assert f"derivations/notebooks/{question.notebook}.ipynb" in said[Detail.INSTRUCTOR]


@pytest.mark.parametrize("detail", [Detail.BRIEF, Detail.INSTRUCTOR])
def test_pytest_says_as_much_as_asked(tmp_path: Path, detail: Detail) -> None:
    """`pytest --feedback` on a sampler that is wrong and a function that raises; into a file, so without colour."""
    folder = tmp_path / "work"
    (folder / "implementations").mkdir(parents=True)
    (folder / "submission.toml").write_text('name = "ada"\n')
    (folder / "implementations" / "normal_gamma.py").write_text(WRONG)
    (folder / "implementations" / "gamma.py").write_text(RAISES)
    asked = ["--question=1.2.5", "--question=2.2.16", "-k", "sample_q_draws or positive_definite"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--submission={folder}", *asked]
    done = subprocess.run(
        [*command, f"--feedback={detail}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | PLAIN,
        check=False,
    )
    said = done.stdout
    assert done.returncode == 1 and ESCAPE not in said
    assert "numpy's gamma takes a scale" in said and "KeyError" in said
    assert (
        all(("Run it yourself:" in said, "┃ 0.05" in said, 'File "implementations/gamma.py"' in said)) == detail.example
    )
    assert any(("Run it yourself:" in said, "┃ 0.05" in said, 'File "' in said)) == detail.example
    assert ("Evidence:" in said) == detail.evidence
    assert not re.search(r"\.py:\d", said) and "Traceback" not in said and "grading/" not in said
    assert "0 of 2 public checks passed" in said and "git apply" not in said
