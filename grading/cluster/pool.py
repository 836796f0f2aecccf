"""Stations of this machine at work on a list of jobs.

A station that dies, or is silent for too long, is replaced, and the rest of its job is handed out again.  A check
over which two stations have been lost is put down as *the grader broke* and not tried again in this run.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType

import msgspec
import psutil

from grading.assignment import Kind
from grading.cluster.job import Ended, Job
from grading.cluster.station import receive, send
from grading.gradebook.conditions import Profile
from grading.sandbox import Isolation
from grading.verdict.outcome import Outcome, State

PROGRAM = ("-P", "-m", "grading.cluster.station")
"""Without the folder that the grader was started in: it may be a submission, with modules of any name."""
ATTEMPTS = 2
SILENCE = {Kind.TEST: 600.0, Kind.EXPERIMENT: 1800.0, Kind.PROSE: 600.0}
"""Seconds without an outcome after which a station is taken for lost."""
FULL_TRAINING = 48 * 3600.0
"""The same for an experiment of the profile `full`."""


class Lost(Exception):
    """A station that is gone or silent."""


@dataclass
class Station:
    """The grader's handle on one station."""

    isolation: Isolation
    program: tuple[str, ...] = PROGRAM
    job: Job | None = None
    left: deque[str] = field(default_factory=deque)
    """Checks of the job that have not ended; the first one is in flight."""
    deadline: float = 0.0

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start the process; it warms up while the first job waits in its socket."""
        self.channel, theirs = socket.socketpair()
        command = [sys.executable, *self.program, str(theirs.fileno()), str(self.isolation)]
        environment = os.environ | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
        with theirs:
            self.process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def give(self, job: Job) -> None:
        """Start a job.  A station that ended while it had none is found lost where it is heard."""
        self.job, self.left = job, deque(job.checks)
        self.wait_for_next()
        with suppress(BrokenPipeError, ConnectionResetError):
            send(self.channel, msgspec.msgpack.encode(job))

    def wait_for_next(self) -> None:
        """Set the deadline of the check in flight."""
        assert self.job is not None
        kind = self.job.asked().manifest()[self.left[0]][1].kind if self.left else Kind.TEST
        full = kind is Kind.EXPERIMENT and self.job.conditions.profile is Profile.FULL
        granted = self.job.conditions.limits.granted if kind is Kind.EXPERIMENT else 0.0
        self.deadline = monotonic() + (FULL_TRAINING if full else SILENCE[kind]) + granted

    def hear(self) -> Ended | None:
        """The next outcome, or None at the end of the job.  Raises Lost."""
        try:
            message = receive(self.channel)
        except (EOFError, OSError):
            raise Lost("the process that ran the checks ended") from None
        if not message:
            self.job = None
            return None
        ended = msgspec.msgpack.decode(message, type=Ended)
        self.left.remove(ended.outcome.check)
        self.wait_for_next()
        return ended

    def end(self) -> None:
        """Kill the station and everything below it."""
        for process in tree(self.process.pid):
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.Error:
                continue
        self.process.wait()
        self.channel.close()


def tree(pid: int) -> list[psutil.Process]:
    """A process and all its descendants."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


class Pool:
    """A number of stations; use it as a context manager."""

    def __init__(self, workers: int, isolation: Isolation, program: tuple[str, ...] = PROGRAM) -> None:
        self.workers, self.isolation, self.program = workers, isolation, program
        self.stations: list[Station] = []

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Ended]]:
        """Every outcome of every job as it comes; no order between jobs."""
        waiting, lost = deque(jobs), Counter[tuple[str, str]]()
        while len(self.stations) < min(self.workers, len(waiting)):
            self.stations.append(Station(self.isolation, self.program))
        while waiting or any(station.job for station in self.stations):
            for station in self.stations:
                if station.job is None and waiting:
                    station.give(waiting.popleft())
            for station in self.ready():
                yield from self.step(station, waiting, lost)

    def ready(self) -> list[Station]:
        """Stations that have something to say, or whose time is up."""
        busy = [station for station in self.stations if station.job is not None]
        patience = max(0.0, min(station.deadline for station in busy) - monotonic())
        heard, _, _ = select.select([station.channel for station in busy], [], [], patience)
        return [each for each in busy if each.channel in heard or each.deadline <= monotonic()]

    def step(
        self, station: Station, waiting: deque[Job], lost: Counter[tuple[str, str]]
    ) -> Iterator[tuple[Job, Ended]]:
        """Hear one station; where it is lost, replace it and hand the rest of its job out again."""
        job = station.job
        assert job is not None
        try:
            if station.deadline <= monotonic():
                raise Lost("no answer within the time limit of the grader")
            ended = station.hear()
            if ended is not None:
                job.earlier[ended.outcome.check] = ended.outcome
                yield job, ended
        except Lost as reason:
            rest = list(station.left)
            station.end()
            station.start()
            station.job = None
            if rest:
                lost[job.content, rest[0]] += 1
                if lost[job.content, rest[0]] >= ATTEMPTS:
                    yield job, broken(job, rest.pop(0), str(reason))
            if rest:
                waiting.appendleft(msgspec.structs.replace(job, checks=tuple(rest)))

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for station in self.stations:
            station.end()


def broken(job: Job, check: str, reason: str) -> Ended:
    """The outcome of a check that the grader could not finish."""
    key = job.conditions.key(job.asked().manifest()[check][1])
    return Ended(Outcome(check=check, state=State.BROKEN, message=reason), key)
