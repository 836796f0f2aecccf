"""Hostile submissions: each of `hostile/` scores nothing, harms nobody, learns nothing, and ends in time.

An attack is a `gamma` module (or a folder with one) that tries something, and the ends that it may come to.  It hands
in an honest `normal_gamma` beside it.  Files of folders carry a further `.txt`, lest pytest or Python pick them up
here.  One fork server serves all of them, as in grading; after each attack an honest submission must still get its
marks from it.
"""

from __future__ import annotations

import ast
import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from scipy.special import polygamma

from grading.sandbox import Limits, available, processes
from grading.sandbox.forking import ForkServer
from grading.sandbox.policy import MiB
from grading.submission import Died, Missing, Problem, Raised, Returned, Submission, TimedOut
from grading.submission.remote import Patience, Remote
from grading.submission.transport import Listen
from grading.verdict.claims import Refuted, array, claim

pytestmark = pytest.mark.skipif(available() is not None, reason=str(available()))

CORPUS = Path(__file__).parent / "hostile"
PROJECT = Path(__file__).resolve().parent.parent.parent
LIMITS = Limits(memory=256 * MiB, tasks=32, scratch=16 * MiB, file_size=8 * MiB, scratch_files=300)
PATIENCE = Patience(importing=4.0, ending=1.0)
LONG, SHORT = 20.0, 0.5
"""Seconds for a call; short where an attack is meant to run out of them."""
ENDS = {"died": Died, "timeout": TimedOut, "raised": Raised, "returned": Returned, "missing": Missing, "wrong": Refuted}
MARK = Path("/tmp/evidence-was-here")
"""What code writes that ran where it should not have."""

HONEST_NORMAL_GAMMA = """
import numpy as np

def log_likelihood(x, mu, tau):
    squares = ((x[None, :] - mu[:, None]) ** 2).sum(axis=1)
    return len(x) / 2 * np.log(tau / (2 * np.pi)) - tau / 2 * squares
"""
HONEST_GAMMA = """
import numpy as np
from scipy.special import polygamma

def fisher_information(alpha, beta, parameterization="scale"):
    return np.array([[polygamma(1, alpha), 1 / beta], [1 / beta, alpha / beta**2]])
"""


class Recorder(Remote):
    """A transport that remembers every byte that came back."""

    heard = b""

    def request(self, request: bytes, timeout: float, listen: Listen) -> bytes:
        """As `Remote`."""

        def remember(message: bytes) -> bytes | None:
            self.heard += message
            return listen(message)

        try:
            reply = super().request(request, timeout, remember)
        except Problem as problem:
            self.heard += str(problem).encode()
            raise
        self.heard += reply
        return reply


@dataclass
class Surroundings:
    """What there is to steal, break and reach."""

    root: Path
    secret: str = field(default_factory=lambda: "SECRET-" + os.urandom(8).hex())

    def __post_init__(self) -> None:
        self.gradebook, self.neighbour = self.root / "gradebook.sqlite", self.root / "neighbour"
        self.gradebook.write_text(self.secret)
        self.hand_in(self.neighbour, HONEST_GAMMA + f"# {self.secret}\n")
        os.environ["EVIDENCE_SEED"] = self.secret
        self.wire = socket.create_server(("127.0.0.1", 0))
        self.wire.setblocking(False)
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(self.wire.getsockname())
        self.datagrams.setblocking(False)
        self.local = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.local.bind(str(self.root / "socket"))
        self.local.setblocking(False)
        os.chmod(self.root / "socket", 0o777)
        self.before = self.state()

    def hand_in(self, folder: Path, gamma: str) -> Path:
        """An honest submission but for its `gamma`."""
        (folder / "implementations").mkdir(parents=True, exist_ok=True)
        (folder / "implementations" / "normal_gamma.py").write_text(HONEST_NORMAL_GAMMA)
        (folder / "implementations" / "gamma.py").write_text(gamma)
        return folder

    def hostile(self, name: str) -> Path:
        """The submission that makes an attack, told where its targets are."""
        folder, source = self.root / "attacker", CORPUS / name
        shutil.rmtree(folder, ignore_errors=True)
        for page in (each for each in source.rglob("*.txt") if each.is_file()):
            target = folder / page.relative_to(source).with_suffix("")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page, target)
        self.hand_in(folder, module_of(name).read_text())
        targets = {
            "GRADEBOOK": str(self.gradebook),
            "NEIGHBOUR": str(self.neighbour),
            "PROJECT": str(PROJECT),
            "JUDGE": os.getpid(),
            "SOCKET": str(self.root / "socket"),
            "PORT": self.wire.getsockname()[1],
        }
        lines = "".join(f"{key} = {value!r}\n" for key, value in targets.items())
        (folder / "implementations" / "targets.py").write_text(lines)
        return folder

    def state(self) -> dict[str, tuple[int, float, bytes]]:
        """Mode, time and content of everything that is not the attacker's."""
        paths = [self.gradebook, *(p for p in sorted(self.neighbour.rglob("*")) if p.is_file())]
        return {str(p): (p.stat().st_mode, p.stat().st_mtime, p.read_bytes()) for p in paths}

    def assert_untouched(self) -> None:
        """Nothing was changed, nothing arrived, nothing ran outside."""
        assert self.state() == self.before
        assert not MARK.exists()
        for wire in (self.wire.accept, lambda: self.datagrams.recv(10), lambda: self.local.recv(10)):
            with pytest.raises(BlockingIOError):
                wire()

    def close(self) -> None:
        """Hang up."""
        del os.environ["EVIDENCE_SEED"]
        self.wire.close()
        self.datagrams.close()
        self.local.close()


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """One fork server for the whole corpus."""
    with ForkServer() as server:
        yield server
    assert processes.state(server.pid) == ""


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """Gradebook, neighbour, environment, network."""
    around = Surroundings(tmp_path_factory.mktemp("class"))
    yield around
    around.close()


def module_of(name: str) -> Path:
    """The file of an attack that becomes `gamma.py`."""
    source = CORPUS / name
    return source / "implementations" / "gamma.py.txt" if source.is_dir() else source


def expected_ends(name: str) -> list[str]:
    """`EXPECTED` of an attack, read without running it."""
    for node in ast.parse(module_of(name).read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPECTED":
            return str(ast.literal_eval(node.value)).split()
    raise AssertionError(f"{name} does not say how it ends")


def attacks() -> list[str]:
    """The corpus."""
    return sorted(entry.name for entry in CORPUS.iterdir() if not entry.name.startswith("__"))


def check_gamma(submission: Submission) -> None:
    """The attacked item: the Fisher matrix at three points."""
    for alpha, beta in np.random.default_rng().uniform(0.5, 5.0, (3, 2)):
        F = array(submission.gamma.fisher_information(alpha, beta, "scale"), (2, 2), "the Fisher matrix")
        exact = np.array([[polygamma(1, alpha), 1 / beta], [1 / beta, alpha / beta**2]])
        claim(np.allclose(F, exact, rtol=1e-9, atol=0), "the Fisher matrix is wrong")


def check_normal_gamma(submission: Submission) -> None:
    """The honest item beside it: one log likelihood."""
    rows = submission.normal_gamma.log_likelihood(np.array([0.5, 1.0]), np.array([0.5]), np.array([2.0]))
    claim(np.allclose(rows, np.log(1 / np.pi) - 0.25), "the log likelihood is wrong")


def end_of(submission: Submission, check: object) -> str:
    """How a check ends on a submission."""
    submission.start_check()
    try:
        check(submission)  # type: ignore[operator]
    except (Problem, Refuted) as error:
        return next(name for name, kind in ENDS.items() if isinstance(error, kind))
    finally:
        submission.end_check()
    return "passed"


@pytest.mark.parametrize("name", attacks())
def test_attack(name: str, server: ForkServer, surroundings: Surroundings) -> None:
    """It comes to one of the ends it names; the rest of the class does not notice."""
    start = time.monotonic()
    transport = Recorder(surroundings.hostile(name), server, LIMITS, PATIENCE)
    expected = expected_ends(name)
    attacked = Submission(transport, call_seconds=SHORT if "timeout" in expected else LONG)
    scratch = transport.scratch
    try:
        end = end_of(attacked, check_gamma)
        beside = end_of(Submission(transport), check_normal_gamma)
        again = end_of(attacked, check_gamma) if end != "timeout" else end
        left = set(processes.descendants(server.pid)) - transport.in_use()
    finally:
        transport.close()
    assert end in expected
    assert again in expected
    assert beside == "passed"
    assert not [pid for pid in left if processes.alive(pid)]
    assert not [pid for pid in processes.descendants(server.pid) if processes.alive(pid)]
    assert surroundings.secret.encode() not in transport.heard
    assert not scratch.exists()
    surroundings.assert_untouched()
    assert time.monotonic() - start < 15
    assert honest_mark(server, surroundings) == "passed"


def honest_mark(server: ForkServer, surroundings: Surroundings) -> str:
    """What the neighbour's check of the same item ends in."""
    transport = Remote(surroundings.neighbour, server)
    try:
        return end_of(Submission(transport), check_gamma)
    finally:
        transport.close()


def test_the_corpus_is_large_enough() -> None:
    """At least forty attacks, each with its end."""
    assert len(attacks()) >= 40
    assert all(set(expected_ends(name)) <= set(ENDS) for name in attacks())
