"""Run the checks on a submission with pytest.

    pytest                                  the checks, on the submission in this folder
    pytest --submission ../my-work          on another
    pytest --question 2.2.16                one question, or a group such as 2.2; `-k 2.2.16` is the same
    pytest --experiments quick              the training experiments too
    pytest --seed random                    other random inputs; any seed must pass
    pytest --feedback brief                 less on each failed check, or `instructor` for more

A check is a test marked `@pytest.mark.question("2.2.16")` and listed on that question's page of the catalogue.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Generator, Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest

from grading.assignment import CatalogueError, Check, Course, Kind, Question, contract, load_course
from grading.assignment.course import matches
from grading.feedback import terminal
from grading.feedback.detail import Detail
from grading.feedback.summary import NOWHERE, of, summary, to_do, untrained
from grading.montecarlo import Budget
from grading.places import CHECKS
from grading.search import NoMoreExamples, forget_patch, load_profile, stop_search
from grading.submission import InProcess, Problem, Submission
from grading.submission.folder import Layout, LayoutError
from grading.verdict.claims import NeedsHuman, Refuted
from grading.verdict.exhibits import Exhibits
from grading.verdict.judge import TO_BE_READ, Judge, outcome_of, waiting
from grading.verdict.naming import FIT, Namer, looks_like
from grading.verdict.outcome import Outcome, State

CHECK = pytest.StashKey[tuple[Question, Check]]()
JUDGE = pytest.StashKey[Judge]()
SUBMISSION = pytest.StashKey[Submission]()
NAMER = pytest.StashKey[Namer]()
"""Present in grading only: names the mistake behind a failed check."""
EXHIBITS = pytest.StashKey[Exhibits]()
TO_DO = "still to do"
"""Reports of checks that found nothing to check: counted as failures, but told in one line a question."""
WAITS_FOR = pytest.StashKey[str]()
"""The question that holds a check back."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options above."""
    group = parser.getgroup("evidence", "checks of the assignment")
    group.addoption("--submission", metavar="DIR", help="the submission to check (default: this folder)")
    group.addoption("--question", action="append", metavar="N", help="only this question, or group such as 2.2")
    group.addoption("--seed", default="0", metavar="N", help="seed of all random inputs, or 'random' (default: 0)")
    group.addoption("--course", metavar="FILE", help="course.toml with changed points, texts and own questions")
    levels, told = [str(each) for each in Detail], "how much is said of a failed check (default: full)"
    group.addoption("--feedback", choices=levels, default=str(Detail.FULL), help=told)
    group.addoption("--experiments", choices=["quick", "full"], help="run the training experiments with this profile")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fix the seed, the profile and the judge."""
    config.addinivalue_line("markers", "question(number): the test is a check of this question of the assignment")
    config.addinivalue_line("markers", "experiment: the test is a training run, deselected without --experiments")
    text = config.getoption("--seed")
    if text == "random":
        text = str(secrets.randbelow(2**32))
    if not text.isdecimal():
        raise pytest.UsageError(f"--seed {text}: give a whole number, or 'random'")
    config.option.seed = int(text)
    config.option.hypothesis_seed = text
    load_profile()
    take_numbers_for_questions(config)
    if JUDGE not in config.stash:
        config.stash[JUDGE] = Judge(course_of(config))
    if config.getoption("--submission") and config.args_source is config.ArgsSource.INVOCATION_DIR:
        config.args = [str(CHECKS)]  # pytest takes a folder after a space for its root, and finds no tests there
    config.args.extend(str(folder) for folder in config.stash[JUDGE].course.tests)


def take_numbers_for_questions(config: pytest.Config) -> None:
    """`-k 2.2.16` asks for that question: its tests have names in words, which alone would not match."""
    words = [word.strip() for word in config.option.keyword.split(" or ")]
    if all(re.fullmatch(r"\d[\d.]*", word) for word in words):
        config.option.question, config.option.keyword = [*(config.option.question or []), *words], ""


def course_of(config: pytest.Config) -> Course:
    """The course of `--course`, or the assignment as it is."""
    given = config.getoption("--course")
    try:
        return load_course(Path(given) if given else None)
    except CatalogueError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_report_header(config: pytest.Config) -> str:
    """Which submission, which seed."""
    return f"evidence: submission {os.path.relpath(folder_of(config))}, seed {config.option.seed}"


def folder_of(config: pytest.Config) -> Path:
    """The submission's folder."""
    given = config.getoption("--submission")
    return Path(given) if given else config.rootpath


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the files whose marks name only questions that were not asked for: importing them would make one
    question's answer slow.  None leaves it to pytest."""
    numbers = config.getoption("--question")
    if not numbers or not fnmatch(collection_path.name, "test_*.py"):
        return None
    marked = re.findall(r'mark\.question\("([\d.]+)"\)', collection_path.read_text(encoding="utf-8"))
    return True if marked and not any(matches(one, asked) for one in marked for asked in numbers) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Attach each check to its page, keep the chosen questions, and put them in the order of the manifest."""
    course = config.stash[JUDGE].course
    manifest = course.manifest()
    try:
        chosen = {question.number for question in course.select(config.getoption("--question"))}
    except CatalogueError as error:
        raise pytest.UsageError(str(error).replace("--questions", "--question")) from None
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        identifier = identifier_of(item)
        if identifier is None:
            (dropped if config.getoption("--question") or config.getoption("--submission") else kept).append(item)
            continue
        if identifier.partition("/")[0] in course.left_out:
            dropped.append(item)
            continue
        if identifier not in manifest:
            raise pytest.UsageError(
                f"{item.nodeid}: the catalogue has no check {identifier}; add it to the question's page"
            )
        question, check = manifest[identifier]
        item.stash[CHECK] = question, check
        item.extra_keyword_matches.add(question.number)  # for -k "2.2.16 and fisher"
        wanted = question.number in chosen and (check.kind is not Kind.EXPERIMENT or config.getoption("--experiments"))
        (kept if wanted else dropped).append(item)
    order = {identifier: place for place, identifier in enumerate(course.run_order())}
    kept.sort(key=lambda item: order.get(identifier_of(item) or "", len(order)))
    items[:] = kept
    config.hook.pytest_deselected(items=dropped)
    if SUBMISSION not in config.stash and any(CHECK in item.stash for item in kept):
        try:
            Layout.read(folder_of(config))
        except LayoutError as error:
            raise pytest.UsageError(str(error)) from None


def identifier_of(item: pytest.Item) -> str | None:
    """`2.2.16/fisher_is_positive_definite` of a marked test, None of any other."""
    mark = item.get_closest_marker("question")
    name = getattr(item, "originalname", item.name)
    return None if mark is None else f"{mark.args[0]}/{name.removeprefix('test_')}"


@pytest.fixture(scope="session")
def submission(request: pytest.FixtureRequest) -> Iterator[Submission]:
    """The submission under check.  Checks reach implementations only through this."""
    config = request.config
    if SUBMISSION not in config.stash:
        modules = contract(config.stash[JUDGE].course.tests)
        config.stash[SUBMISSION] = Submission(InProcess(folder_of(config)), modules)
    yield config.stash[SUBMISSION]
    config.stash[SUBMISSION].transport.close()


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The run's seed; derive every generator from it and the check's own name."""
    return int(request.config.option.seed)


@pytest.fixture
def profile(request: pytest.FixtureRequest) -> str:
    """`quick` or `full`, for experiments."""
    return str(request.config.getoption("--experiments") or "quick")


@pytest.fixture
def tolerance(request: pytest.FixtureRequest) -> float:
    """The course's: acceptance bands of experiments, as a multiple of the recorded ones."""
    return request.config.stash[JUDGE].course.experiment_tolerance


@pytest.fixture
def exhibits(request: pytest.FixtureRequest) -> Exhibits:
    """Where a check lays down numbers and pictures that its verdict rests on, passed or not."""
    return request.node.stash.setdefault(EXHIBITS, Exhibits())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Give each check a fresh worker state; hold back those whose prerequisites failed."""
    if CHECK not in item.stash:
        return (yield)
    _, check = item.stash[CHECK]
    if check.kind is Kind.PROSE:
        return (yield from beside_the_answer())
    judge, subject = item.config.stash[JUDGE], item.config.stash.get(SUBMISSION, None)
    seat = judge.seat(check, subject is not None and subject.reference is not None)
    if seat.waits_for:
        item.stash[WAITS_FOR] = seat.waits_for
        pytest.skip(f"waits for {seat.waits_for}")
    if subject is None:
        return (yield)
    subject.substituted = list(seat.substituted)
    subject.halt = stop_search
    subject.start_check()
    try:
        return (yield)
    finally:
        subject.end_check()


def beside_the_answer() -> Generator[None, Any, NoReturn]:
    """The test of a prose check lays evidence beside the answer; whatever it finds, a human decides."""
    with suppress(Refuted, Problem):
        yield
    raise NeedsHuman(TO_BE_READ)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn what happened into the check's outcome, and the traceback into feedback."""
    forget_patch(item)
    report = yield
    if CHECK not in item.stash or (call.when != "call" and call.excinfo is None):
        return report
    question, check = item.stash[CHECK]
    identifier = question.identifier(check)
    judge = item.config.stash[JUDGE]
    outcome = item.stash.get(EXHIBITS, Exhibits()).shown_with(judged(item, call, identifier))
    judge.record(outcome)
    if isinstance(call.excinfo and call.excinfo.value, NoMoreExamples):
        report.outcome = "failed"
    if report.failed and outcome.state is State.NEEDS_HUMAN:
        report.outcome, report.longrepr = "skipped", (str(item.path), 0, f"{question.number}: {outcome.message}")
    elif report.failed and not (outcome.state is State.BROKEN and item.config.option.fulltrace):
        said = terminal.text(question, check, outcome, Detail(item.config.option.feedback), item.config.option.seed)
        report.longrepr = terminal.Feedback(said)
        if outcome.state is State.NOT_RUN:
            vars(report)[TO_DO] = question.number, outcome.message
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """A check that found nothing to check is told with the others like it, not on its own."""
    return (TO_DO, "-", TO_DO.upper()) if TO_DO in vars(report) else None


def judged(item: pytest.Item, call: pytest.CallInfo[None], identifier: str) -> Outcome:
    """The outcome of one finished test."""
    error = call.excinfo.value if call.excinfo else None
    if WAITS_FOR in item.stash:
        return waiting(identifier, item.stash[WAITS_FOR])
    subject = item.config.stash.get(SUBMISSION, None)
    problem = subject.broken if subject is not None and not isinstance(error, Problem) else None
    calls = list(subject.calls) if subject is not None else []
    outcome = outcome_of(identifier, problem or error, calls, call.stop - call.start)
    namer = item.config.stash.get(NAMER, None)
    if namer is None or subject is None or outcome.state is not State.FAILED or outcome.mistake:
        return outcome
    found = namer(subject, calls, identifier.partition("/")[0])
    fitting: dict[str, Any] = {FIT: "; ".join(found)} if found else {}
    return msgspec.structs.replace(outcome, mistake=looks_like(found), evidence=outcome.evidence | fitting)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, Any, Any]:
    """Each run has its own budget of random assertions."""
    with Budget().active():
        return (yield)


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """What is still to do; then a line a question: how many of its public checks passed, what remains for a human."""
    judge, dropped = config.stash[JUDGE], terminalreporter.getreports("deselected")
    if exitstatus == pytest.ExitCode.USAGE_ERROR:
        return
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not dropped:
        terminalreporter.write_line(NOWHERE)
    chosen = judge.course.select(config.getoption("--question"))
    if config.option.keyword:  # one check: what else is asked, text answers too, is of no interest now
        chosen = tuple(question for question in chosen if of(question, judge))
    checks = [item.stash[CHECK] for item in dropped if CHECK in item.stash and not config.getoption("--experiments")]
    left = [vars(report)[TO_DO] for report in terminalreporter.getreports(TO_DO)]
    sections = {TO_DO: to_do(left, chosen), "trainings": untrained(checks, chosen)}
    for title, lines in (sections | {"public checks": summary(judge, chosen)}).items():
        for i, line in enumerate(lines):
            if i == 0:
                terminalreporter.section(title)
            terminalreporter.write_line(line)
