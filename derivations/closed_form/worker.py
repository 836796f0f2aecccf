"""A warm process in which claims are tested and proved, and which can be killed.

The parent writes a pickled `Step` of its own making and its seconds, preceded by their length; the answer is one line
of JSON, a verdict or null. The seconds are those of the processor, so that a busy machine changes no verdict: when they
are up the kernel ends the process, and another one is started for the next claim.
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import selectors
import signal
import struct
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derivations.verdict import Counterexample, Status, Verdict

if TYPE_CHECKING:
    from derivations.closed_form.claim import Claim

MEMORY = 2 * 1024**3  # bytes
STARTUP = 60.0  # seconds, on a machine that is very busy
GUARD = 30.0  # seconds by the clock, for each of the processor's, after which the parent ends it itself


@dataclass(frozen=True)
class Prove:
    """Ask for a proof of the claim."""

    claim: Claim


@dataclass(frozen=True)
class TestAtPoints:
    """Ask whether the claim holds at random points; another `seed` gives other points."""

    claim: Claim
    n_points: int
    seed: int


Step = Prove | TestAtPoints


class Worker:
    """The parent's side of one process; it is started when first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, step: Step, seconds: float) -> Verdict | None:
        """The verdict the step reaches, or None if it reaches none within `seconds` of the processor."""
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        message = pickle.dumps((step, seconds))
        deadline = time.monotonic() + GUARD * seconds
        try:
            process.stdin.write(struct.pack("<Q", len(message)) + message)
            line = self._line(process, deadline)
        except BaseException as error:
            self.stop()  # after an interrupt, too, a late answer must not meet the next question
            if isinstance(error, OSError):
                return None
            raise
        if not line:
            self.stop()
            return None
        answer = json.loads(line)
        return None if answer is None else verdict_of(answer)

    def _line(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        """The next answer, or nothing if the process died or the time is up."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
            ready = waiting.select(max(0.0, deadline - time.monotonic()))
        return process.stdout.readline() if ready else b""  # type: ignore[union-attr]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            root = str(Path(__file__).resolve().parents[2])
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from derivations.closed_form import worker; worker.serve()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": root},
                bufsize=0,
            )
            self._line(self._process, time.monotonic() + STARTUP)  # it says when it is ready
        return self._process

    def stop(self) -> None:
        """Kill the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None


def verdict_of(answer: dict[str, Any]) -> Verdict:
    """A verdict from its JSON object."""
    found = answer["counterexample"]
    return Verdict(
        Status(answer["status"]),
        answer["rule"],
        answer["evidence"],
        None if found is None else Counterexample(**found),
        tried=tuple(answer["tried"]),
    )


def serve() -> None:
    """The worker's side: answer steps until the input ends."""
    import resource

    import derivations.closed_form.claim  # noqa: F401  (now, so that the first claim need not wait for sympy)

    print("ready", flush=True)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.setrecursionlimit(20_000)
    while header := sys.stdin.buffer.read(8):
        step, seconds = pickle.loads(sys.stdin.buffer.read(*struct.unpack("<Q", header)))
        signal.setitimer(signal.ITIMER_PROF, seconds)  # SIGPROF ends a process that does not handle it
        verdict = _take(step)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(json.dumps(None if verdict is None else asdict(verdict)) + "\n")
        sys.stdout.flush()


def _take(step: Step) -> Verdict | None:
    """What a step finds; a failure inside computer algebra is the same as finding nothing."""
    from derivations.closed_form.claim import prove, test_at_points

    try:
        return prove(step.claim) if isinstance(step, Prove) else test_at_points(step.claim, step.n_points, step.seed)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        NotImplementedError,
        RecursionError,
        TypeError,
        ValueError,
    ):
        return None


WORKER = Worker()
atexit.register(WORKER.stop)
