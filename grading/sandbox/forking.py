"""The judge's handle on the fork server: start it, have it fork sessions, end them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

import msgspec

from grading.places import PROJECT
from grading.sandbox import processes
from grading.sandbox.confine import SandboxUnavailable, available
from grading.sandbox.policy import Isolation, Policy
from grading.sandbox.scratch import remove

PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from grading.sandbox.server import main; main(*sys.argv[2:])"
START_SECONDS = 120.0
"""Importing torch on a cold, busy machine may take this long."""


class ForkServer:
    """A warm interpreter that forks sessions of submitted code.  One judge, one server, one submission at a time.

    Raises:
        SandboxUnavailable: the machine cannot confine submitted code and `Isolation.PROCESS` was not asked for, or it
            does not run Linux at all.
    """

    def __init__(self, isolation: Isolation = Isolation.SANDBOX) -> None:
        refuse_without_sandbox(isolation)
        self.isolation = isolation
        self.home = Path(tempfile.mkdtemp(prefix="evidence-server-"))
        self.start()

    def start(self) -> None:
        """Start the server's process and wait until it is warm."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-s", "-P", "-c", PROGRAM, str(PROJECT), str(theirs.fileno()), str(self.home)]
        with theirs:
            self.process = subprocess.Popen(
                command,
                env=clean_environment(self.home),
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self.control.settimeout(START_SECONDS)
        if self.control.recv(16) != b"ready":
            raise SandboxUnavailable(f"the fork server did not start: {self.last_words()}")

    def last_words(self) -> str:
        """The end of what a server that failed wrote."""
        assert self.process.stderr is not None
        return self.process.stderr.read()[-2000:].decode(errors="replace")

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self.process.pid

    def fork(self, policy: Policy) -> tuple[int, socket.socket]:
        """A new session: its process id and the judge's end of its socket.  A server that died is started again."""
        if self.process.poll() is not None:
            self.control.close()
            self.start()
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [msgspec.json.encode(policy, enc_hook=str)], [theirs.fileno()])
        return int(self.control.recv(16)), ours

    def end_all(self, keep: set[int]) -> None:
        """Kill every process below the server but those in `keep`."""
        processes.end(self.pid, keep)

    def close(self) -> None:
        """End the server and everything below it."""
        processes.end(self.pid)
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        remove(self.home)

    def __enter__(self) -> ForkServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def refuse_without_sandbox(isolation: Isolation) -> None:
    """Raises SandboxUnavailable where this machine cannot keep submissions apart in this way."""
    if sys.platform != "linux":
        raise SandboxUnavailable(f"grading needs Linux, this is {sys.platform}; use a Linux machine")
    reason = available() if isolation is Isolation.SANDBOX else None
    if reason:
        raise SandboxUnavailable(f"{reason}; --isolation process runs submissions unprotected, if you trust them")


def clean_environment(home: Path) -> dict[str, str]:
    """What the server's process starts with: nothing of the grader's own environment but the library path.

    Huge pages make a fork of the warm interpreter cost 6 ms of processor time instead of 18 (measured): its 300 MB are
    then 150 pages to copy and to drop, not 75,000.  Python's small objects take part only if they come from malloc.
    """
    one = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}
    path = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    huge = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONMALLOC": "malloc"}
    return one | path | huge | {"HOME": str(home), "MPLCONFIGDIR": str(home), "MPLBACKEND": "Agg", "LANG": "C.UTF-8"}
