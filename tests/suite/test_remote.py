"""The boundary: the same answers as in process, a fresh process for each check, and an end to whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grading.places import PROJECT
from grading.sandbox import Isolation, SandboxUnavailable, available, forking, processes
from grading.sandbox.forking import ForkServer
from grading.submission import InProcess, Missing, Raised, Submission, TimedOut
from grading.submission.remote import Patience, Remote

pytestmark = pytest.mark.skipif(available() is not None, reason=str(available()))

GAMMA = """
import os
import random
import time

import numpy as np

calls = 0

def fisher_information(alpha, beta, parameterization="scale"):
    global calls
    calls += 1
    return [calls, os.getpid(), os.getppid(), os.getuid()]

def natural_parameters(alpha, beta, parameterization="scale"):
    return np.array([alpha - 1, -1 / beta])

def log_partition(eta):
    return [random.random(), np.random.rand()]

def negative_log_likelihood(x, alpha, beta, parameterization="scale"):
    time.sleep(x)

def natural_gradient(gradient, alpha, beta, parameterization="scale"):
    return fisher_information(alpha, beta, parameterization)
"""
SLOW = "import time\ntime.sleep(0.5)\n" + GAMMA


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """One for all."""
    with ForkServer() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission with the module above."""
    (tmp_path / "implementations").mkdir()
    (tmp_path / "implementations" / "gamma.py").write_text(GAMMA)
    return tmp_path


@pytest.fixture
def submission(folder: Path, server: ForkServer) -> Iterator[Submission]:
    """It, behind the sandbox."""
    transport = Remote(folder, server)
    yield Submission(transport)
    transport.close()


def check(submission: Submission, function: str, *args: Any) -> Any:
    """A check of one call."""
    submission.start_check()
    try:
        return getattr(submission.gamma, function)(*args)
    finally:
        submission.end_check()


def test_each_check_starts_from_the_module_as_imported(submission: Submission) -> None:
    """State stays within a check; the import is shared; checks run in processes of one session."""
    first, second = (check(submission, "fisher_information", 1.0, 1.0) for _ in range(2))
    assert first[0] == second[0] == 1
    assert first[1] != second[1]
    assert first[2] == second[2]
    submission.start_check()
    assert [submission.gamma.fisher_information(1.0, 1.0)[0] for _ in range(3)] == [1, 2, 3]
    submission.end_check()


def test_checks_do_not_share_random_numbers(submission: Submission) -> None:
    """Code that ignores its generator draws afresh in every check."""
    draws = [check(submission, "log_partition", np.ones(2)) for _ in range(3)]
    assert len({value for pair in draws for value in pair}) == 6


def test_both_transports_give_the_same_value(folder: Path, submission: Submission) -> None:
    """Exact types and bits."""
    local = check(Submission(InProcess(folder)), "natural_parameters", 0.1, 3.0)
    across = check(submission, "natural_parameters", 0.1, 3.0)
    assert type(across) is np.ndarray
    np.testing.assert_array_equal(local, across, strict=True)


def test_importing_is_paid_for_once(folder: Path, server: ForkServer) -> None:
    """A module that takes half a second costs it in the first check only."""
    (folder / "implementations" / "gamma.py").write_text(SLOW)
    transport = Remote(folder, server)
    times = []
    for _ in range(3):
        start = time.monotonic()
        check(Submission(transport), "natural_parameters", 1.0, 1.0)
        times.append(time.monotonic() - start)
    transport.close()
    assert times[0] > 0.5
    assert min(times[1:]) < 0.5


def test_a_timeout_ends_only_its_check(submission: Submission) -> None:
    """Later requests of the check fail at once, the next check runs."""
    submission.call_seconds = 0.3
    submission.start_check()
    for _ in range(5):
        with pytest.raises(TimedOut):
            submission.gamma.negative_log_likelihood(60.0, 1.0, 1.0)
    submission.end_check()
    assert check(submission, "fisher_information", 1.0, 1.0)[0] == 1


def test_the_whole_submission_has_a_budget(folder: Path, server: ForkServer) -> None:
    """Many calls, each in time, end where the submission's seconds are used up."""
    transport = Remote(folder, server, patience=Patience(submission=1.0))
    submission = Submission(transport)
    with pytest.raises(TimedOut, match="used up its 1 seconds"):
        for _ in range(20):
            check(submission, "negative_log_likelihood", 0.2, 1.0, 1.0)
    transport.close()


def test_functions_of_failed_questions_are_answered_by_the_judge(folder: Path, server: ForkServer) -> None:
    """The submission's own call of `fisher_information` comes to the judge, and gets its answer."""
    transport = Remote(folder, server)
    asked = []

    def reference(name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        asked.append((name, args, kwargs))
        return np.eye(2)

    submission = Submission(transport, reference=reference)
    submission.start_check()
    submission.substituted = ["gamma.fisher_information"]
    value = submission.gamma.natural_gradient(np.ones(2), 3.0, 2.0)
    submission.end_check()
    transport.close()
    np.testing.assert_array_equal(value, np.eye(2))
    assert asked == [("gamma.fisher_information", [3.0, 2.0, "scale"], {})]


def test_missing_parts_are_said_in_words(submission: Submission) -> None:
    """No module, no function, no submission.toml that can be read."""
    with pytest.raises(Missing, match="does not define it"):
        check(submission, "gradient_descent", np.ones(2), 1.0, 1.0, 1, 0.1)
    submission.start_check()
    with pytest.raises(Missing, match=r"no implementations/bbvi\.py"):
        submission.bbvi.control_variate(np.ones((2, 2)), np.ones((2, 2)))
    submission.end_check()


def test_a_dead_server_is_replaced(submission: Submission) -> None:
    """SIGKILL of the fork server ends its sessions; the next check gets new ones."""
    server = submission.transport.server  # type: ignore[attr-defined]
    session = check(submission, "fisher_information", 1.0, 1.0)[2]
    os.kill(server.pid, signal.SIGKILL)
    server.process.wait()
    wait_until(lambda: not processes.alive(session))
    assert check(submission, "fisher_information", 1.0, 1.0)[0] == 1


def test_nothing_outlives_the_judge(folder: Path) -> None:
    """SIGKILL of the judge ends the server and a submission that is busy, and removes what they wrote."""
    program = textwrap.dedent(f"""
        import sys, threading
        sys.path.insert(0, {str(PROJECT)!r})
        from pathlib import Path
        from grading.sandbox.forking import ForkServer
        from grading.submission import Submission
        from grading.submission.remote import Remote
        server = ForkServer()
        print(server.pid, server.home, flush=True)
        Submission(Remote(Path({str(folder)!r}), server)).gamma.negative_log_likelihood(60.0, 1.0, 1.0)
    """)
    judge = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert judge.stdout is not None
    pid, home = judge.stdout.readline().split()
    server = int(pid)
    wait_until(lambda: len(processes.descendants(server)) >= 2)
    below = processes.descendants(server)
    judge.kill()
    judge.communicate()
    wait_until(lambda: not any(map(processes.alive, [server, *below])))
    assert not Path(home.decode()).exists()


def test_without_a_sandbox_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless isolation by process is asked for, the reason and the way out are given."""
    monkeypatch.setattr(forking, "available", lambda: "the sandbox needs Linux, this is plan9")
    with pytest.raises(SandboxUnavailable, match="plan9; --isolation process"):
        ForkServer()


def test_isolation_by_process(folder: Path) -> None:
    """Limits and a process of its own, nothing more."""
    with ForkServer(Isolation.PROCESS) as server:
        transport = Remote(folder, server)
        assert check(Submission(transport), "fisher_information", 1.0, 1.0)[3] == os.getuid()
        transport.close()


def test_errors_name_the_submission_not_the_grader(folder: Path, server: ForkServer) -> None:
    """The traceback shows the student's own lines."""
    (folder / "implementations" / "gamma.py").write_text("def log_partition(eta):\n    return 1 / 0\n")
    transport = Remote(folder, server)
    with pytest.raises(Raised, match="ZeroDivisionError") as raised:
        check(Submission(transport), "log_partition", np.ones(2))
    transport.close()
    assert "return 1 / 0" in raised.value.traceback
    assert "grading" not in raised.value.traceback


def wait_until(holds: Any, seconds: float = 60.0) -> None:
    """Fail where it does not come true."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_slow_import_takes_no_time_from_the_calls(server: ForkServer, tmp_path: Path) -> None:
    """A module that takes longer to import than all calls of a check may take is answered for all the same."""
    folder = tmp_path / "work" / "implementations"
    folder.mkdir(parents=True)
    (folder / "gamma.py").write_text("import time\ntime.sleep(2)\n" + GAMMA)
    for transport in (Remote(folder.parent, server), InProcess(folder.parent)):
        subject = Submission(transport, call_seconds=1.0, check_seconds=1.0)
        subject.start_check()
        assert subject.gamma.natural_parameters(3.0, 2.0)[0] == 2.0
        assert subject.spent < 1.0
        subject.end_check()
        transport.close()
