"""The gradebook: nothing is lost or doubled, whatever is killed; only what changed is run again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from grading.assignment import load
from grading.cluster.job import Ended, Job
from grading.cluster.pool import Pool
from grading.gradebook import (
    Conditions,
    Experiments,
    Gradebook,
    GradebookError,
    HandedIn,
    Key,
    Mark,
    content_hash,
    standing,
)
from grading.gradebook.fingerprint import file_fingerprints, fingerprints
from grading.run import NAME, Run, Settings
from grading.sandbox import Isolation
from grading.verdict.outcome import Outcome, State

STATION = (str(Path(__file__).parent / "synthetic_station.py"),)
SUBMISSIONS = [HandedIn(f"student {i}", f"{i:064x}", "/nowhere") for i in range(5)]
KILLS = 100


MARKS = fingerprints(load().manifest())


def open_run(out: Path, seed: int) -> Run:
    """A run over five synthetic submissions, spared from hashing the suite again."""
    run = Run.begin(out, Settings(Conditions(seed, experiments=Experiments.NEVER), Isolation.SANDBOX))
    vars(run)["fingerprints"] = MARKS
    return run


def grade_synthetic(out: Path, seed: int, told: Callable[[Job, Ended], None] = lambda job, ended: None) -> None:
    """Everything that is left, by two synthetic stations."""
    run = open_run(out, seed)
    run.gradebook.hand_in(SUBMISSIONS)
    with Pool(2, Isolation.SANDBOX, STATION) as pool:
        run.go(run.jobs(run.course.questions), pool, told)


def forked(out: Path, seed: int) -> tuple[int, int]:
    """The same in a process of its own: its id, and a pipe that gets a byte for each outcome that was told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.setpgid(0, 0)
        grade_synthetic(out, seed, lambda job, ended: tell(writing, ended))
    finally:
        os._exit(0)


def tell(pipe: int, ended: Ended) -> None:
    """A byte for an outcome that counts."""
    if ended.outcome.state is not State.BROKEN:
        os.write(pipe, b".")


def kill_something(child: int, chance: random.Random) -> None:
    """After a random moment, kill the grader, or one of its stations and then the grader."""
    time.sleep(chance.uniform(0.02, 0.25))
    stations = psutil.Process(child).children()
    if stations and chance.random() < 0.5:
        chance.choice(stations).send_signal(signal.SIGKILL)
        time.sleep(chance.uniform(0.0, 0.15))
    below = psutil.Process(child).children(recursive=True)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    psutil.wait_procs(below, timeout=10)


def rows(out: Path) -> dict[Key, Outcome]:
    """All of a gradebook."""
    book = Gradebook(out / NAME)
    assert book.rows("PRAGMA integrity_check") == [("ok",)]
    found = list(book.every())
    book.close()
    assert len(found) == len({key for key, _ in found})
    return dict(found)


def test_a_hundred_kills_lose_nothing_that_was_told_and_change_no_grade(tmp_path: Path) -> None:
    """SIGKILL of grader or station at random moments: at most the check in flight is lost, and resuming ends in the
    same rows as a run that nobody disturbed."""
    chance, out, seed, before = random.Random(7), tmp_path / "killed", 0, 0
    open_run(out, seed).gradebook.close()
    for _ in range(KILLS):
        child, pipe = forked(out, seed)
        kill_something(child, chance)
        with os.fdopen(pipe, "rb") as told:
            count = len(told.read())
        after = sum(each.state is not State.BROKEN for each in rows(out).values())
        assert before + count <= after <= before + count + 1
        before = after
        run = open_run(out, seed)
        finished = run.gradebook.handed_in() and not run.jobs(run.course.questions)
        run.gradebook.close()
        seed += bool(finished)
    for each in range(seed + 1):
        grade_synthetic(out, each)
        grade_synthetic(tmp_path / "calm", each)
    assert rows(out) == rows(tmp_path / "calm")


def outcome(check: str, state: State = State.PASSED, message: str = "") -> Outcome:
    """An outcome."""
    return Outcome(check=check, state=state, message=message)


def test_a_station_that_ends_between_two_jobs_is_replaced(tmp_path: Path) -> None:
    """As where the kernel needs the memory: the next job is done all the same, and nothing of it is broken."""
    run = open_run(tmp_path, 0)
    run.gradebook.hand_in(SUBMISSIONS[:2])
    first, second = run.jobs(run.course.questions)
    with Pool(1, Isolation.SANDBOX, STATION) as pool:
        assert len(list(pool.run([first]))) == len(first.checks)
        (station,) = pool.stations
        station.process.kill()
        station.process.wait()
        states = {ended.outcome.state for _, ended in pool.run([second])}
    assert states == {State.PASSED}


def test_an_outcome_that_is_there_stays(tmp_path: Path) -> None:
    """A second outcome under the same key changes nothing."""
    book, key = Gradebook(tmp_path / NAME), Key("c", "1.2.4/x", "f", "seed 0")
    book.record(key, outcome("1.2.4/x", State.FAILED, "first"), "sandbox")
    book.record(key, outcome("1.2.4/x", State.PASSED, "second"), "sandbox")
    assert [kept.message for _, kept in book.every()] == ["first"]


def test_a_broken_outcome_is_replaced(tmp_path: Path) -> None:
    """What the grader broke over is tried again, and the new outcome counts."""
    book, key = Gradebook(tmp_path / NAME), Key("c", "1.2.4/x", "f", "seed 0")
    book.record(key, outcome("1.2.4/x", State.BROKEN), "sandbox")
    book.record(key, outcome("1.2.4/x"), "sandbox")
    assert [kept.state for _, kept in book.every()] == [State.PASSED]


def test_marks_are_history_and_survive_a_regrade(tmp_path: Path) -> None:
    """Marks are added, never overwritten; grading again leaves them."""
    grade_synthetic(tmp_path, 0)
    book = Gradebook(tmp_path / NAME)
    for points in (1.0, 2.0):
        book.add_mark(Mark(content="c", check="1.1.2/prose", points=points, who="ada", why="complete"))
    grade_synthetic(tmp_path, 0)
    assert [mark.points for mark in book.marks("c")] == [1.0, 2.0]
    assert all(mark.at and mark.who == "ada" for mark in book.marks("c"))


def test_a_file_that_is_no_gradebook_is_named(tmp_path: Path) -> None:
    """A clear error with a remedy."""
    (tmp_path / NAME).write_bytes(b"something else" * 100)
    with pytest.raises(GradebookError, match=r"gradebook\.sqlite.*--out"):
        Gradebook(tmp_path / NAME)


def test_an_edited_check_changes_its_own_fingerprint_only(tmp_path: Path) -> None:
    """A comment changes nothing, a check's body only that check, a helper in the file all of its checks."""
    page = tmp_path / "test_it.py"
    text = "SIZE = 3\n\ndef test_one():\n    assert SIZE\n\ndef test_two():\n    assert SIZE > 1\n"
    page.write_text(text)
    before = file_fingerprints(page)
    page.write_text(text.replace("SIZE > 1", "SIZE > 2  # twice"))
    edited = file_fingerprints(page)
    assert before["test_one"] == edited["test_one"] and before["test_two"] != edited["test_two"]
    page.write_text("# new\n" + text)
    assert file_fingerprints(page) == before
    page.write_text(text.replace("SIZE = 3", "SIZE = 4"))
    assert all(file_fingerprints(page)[name] != before[name] for name in before)


def test_fingerprints_reach_every_check_that_has_a_test() -> None:
    """No check of the manifest is left without one, so none is silently never run."""
    manifest = load().manifest()
    assert set(fingerprints(manifest)) >= {name for name, (_, check) in manifest.items() if check.kind != "prose"}


def test_what_waits_is_derived_not_stored() -> None:
    """A prerequisite that failed makes its dependent wait; once it passes, the kept outcome of the dependent counts."""
    course, conditions = load(), Conditions(experiments=Experiments.NEVER)
    marks = dict.fromkeys(course.manifest(), "f")
    need, dependent = "1.2.4/log_q_is_the_log_density", "1.2.5/fit_climbs_the_bound"
    kept = {(name, "f", "seed 0"): outcome(name) for name in marks}
    assert standing(course, kept, marks, conditions).outcomes[dependent].state is State.PASSED
    kept[need, "f", "seed 0"] = outcome(need, State.FAILED)
    waiting = standing(course, kept, marks, conditions).outcomes[dependent]
    assert (waiting.state, waiting.waits_for) == (State.NOT_RUN, "1.2.4")


def test_the_name_is_not_part_of_the_work(tmp_path: Path) -> None:
    """Two folders that differ in whose they are have the same content; one changed byte makes it another."""
    for name in ("ada", "bob"):
        (tmp_path / name / "implementations").mkdir(parents=True)
        (tmp_path / name / "submission.toml").write_text(f'name = "{name}"\n')
        (tmp_path / name / "implementations" / "gamma.py").write_text("x = 1\n")
    assert content_hash(tmp_path / "ada") == content_hash(tmp_path / "bob")
    (tmp_path / "bob" / "implementations" / "gamma.py").write_text("x = 2\n")
    assert content_hash(tmp_path / "ada") != content_hash(tmp_path / "bob")


def test_copies_beside_the_gradebook_move_with_it(tmp_path: Path) -> None:
    """From any folder, and after the output was restored elsewhere; what lies outside is kept in full."""
    (tmp_path / "out").mkdir()
    inside, outside = tmp_path / "out" / "handed-in" / "ada", Path("/nowhere")
    book = Gradebook(tmp_path / "out" / NAME)
    book.hand_in([HandedIn("ada", "a", os.path.relpath(inside)), HandedIn("bob", "b", str(outside))])
    book.close()
    (tmp_path / "out").rename(tmp_path / "restored")
    folders = [entry.folder for entry in Gradebook(tmp_path / "restored" / NAME).handed_in()]
    assert folders == [str(tmp_path / "restored" / "handed-in" / "ada"), "/nowhere"]
