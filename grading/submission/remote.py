"""The transport used in grading: a submission's modules in sandboxed processes, one session for each module.

A session imports one module (and what that imports) once; each check is then answered by a fork of it.  A module
that hangs, crashes or changes the interpreter while it is imported harms the checks that use it and no others.
"""

from __future__ import annotations

import os
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import msgspec

from grading.assignment import contract
from grading.sandbox import processes
from grading.sandbox.channel import Channel, Gone, Late
from grading.sandbox.confine import SandboxUnavailable
from grading.sandbox.forking import ForkServer
from grading.sandbox.frames import NO_TOKEN, Frame, Kind, Malformed
from grading.sandbox.policy import Limits, Policy
from grading.sandbox.quota import excess
from grading.sandbox.scratch import remove
from grading.sandbox.stopwatch import Stopwatch
from grading.submission.problems import Died, Problem, Returned, TimedOut
from grading.submission.transport import Listen, description_of

MESSAGES = 100_000
"""How many messages one request may send."""
SIGNALS = {each.value: each.name for each in signal.Signals}
"""Most real-time signals have no name."""


@dataclass(frozen=True)
class Patience:
    """Seconds of wall time."""

    starting: float = 60.0
    importing: float = 60.0
    ending: float = 2.0
    submission: float = 4 * 3600.0
    """For all requests of a submission together, trainings included."""


class Header(msgspec.Struct):
    """The part of a request that says which module it is for."""

    function: str = ""
    module: str = ""


class Remote:
    """A submission behind the sandbox; a `Transport`.  One at a time may use a fork server."""

    def __init__(
        self, folder: Path, server: ForkServer, limits: Limits | None = None, patience: Patience | None = None
    ) -> None:
        self.folder, self.server = Path(folder).resolve(), server
        self.limits, self.patience = limits or Limits(), patience or Patience()
        self.scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=server.home))
        self.sessions: dict[str, Channel] = {}
        self.unusable: dict[str, Problem] = {}
        self.spent = 0.0

    def start_check(self) -> None:
        """Nothing yet: the check's process is forked by its first request."""

    def prepare(self, module: str) -> None:
        """Open the session that answers for this module, where there is none yet."""
        if module not in self.sessions:
            self.session(module)

    def request(self, request: bytes, timeout: float, listen: Listen) -> bytes:
        """The reply to one request.  Raises TimedOut, Died or Returned."""
        header = msgspec.msgpack.decode(request, type=Header)
        session = self.session(header.module or header.function.partition(".")[0])
        return self.exchange(session, Kind.REQUEST, request, timeout, listen)

    def end_check(self) -> None:
        """End the processes of the check, and whatever they left running."""
        for session in self.sessions.values():
            if session.check is not None and not self.ended(session):
                self.stop(session)
            session.check = None
        self.server.end_all(self.in_use())

    def close(self) -> None:
        """End all processes of the submission and remove what they wrote."""
        self.server.end_all(set())
        for session in self.sessions.values():
            session.close()
        self.sessions.clear()
        remove(self.scratch)

    # -- sessions ------------------------------------------------------------------------------------------------

    def session(self, module: str) -> Channel:
        """The session that has imported `module`.  One that could not be imported fails again with the same Problem."""
        if module in self.unusable:
            raise self.unusable[module]
        if module in self.sessions and not self.sessions[module].alive():
            self.sessions.pop(module).close()
        if module not in self.sessions:
            self.sessions[module] = self.open(module)
        return self.sessions[module]

    def open(self, module: str) -> Channel:
        """A new session, with the module imported; one without for requests that concern none."""
        session = self.fork()
        if module not in contract():
            return session
        try:
            self.exchange(session, Kind.LOAD, description_of(module), self.patience.importing, lambda message: None)
        except Problem as problem:
            session.close()
            self.unusable[module] = type(problem)(f"while {module} was imported: {problem}")
            raise self.unusable[module] from None
        processes.end(session.pid)
        return session

    def fork(self) -> Channel:
        """A new session, confined, with nothing of the submission imported."""
        scratch = Path(tempfile.mkdtemp(dir=self.scratch))
        session = Channel(*self.server.fork(Policy(self.folder, scratch, self.limits, self.server.isolation)))
        try:
            frame = session.receive(monotonic() + self.patience.starting)
        except (Late, Gone, Malformed) as error:
            session.close()
            raise SandboxUnavailable(f"a confined process did not start ({type(error).__name__})") from None
        if frame != (Kind.READY, NO_TOKEN, b""):
            session.close()
            raise SandboxUnavailable(f"a process could not be confined: {frame.payload.decode(errors='replace')}")
        return session

    def in_use(self) -> set[int]:
        """Process ids of the sessions."""
        return {session.pid for session in self.sessions.values()}

    # -- exchanges -----------------------------------------------------------------------------------------------

    def exchange(self, session: Channel, kind: Kind, request: bytes, timeout: float, listen: Listen) -> bytes:
        """Send a request, answer what the worker asks on the way, return its reply; a failure stops the check."""
        start = monotonic()
        left = self.patience.submission - self.spent
        if left <= 0:
            raise TimedOut(self.used_up())
        try:
            return self.converse(session, Frame(kind, os.urandom(8), request), min(timeout, left), listen)
        except Late:
            self.stop(session)
            raise TimedOut(f"no answer within {timeout:.3g} seconds" if timeout <= left else self.used_up()) from None
        except Gone:
            raise Died("the process ended without an answer") from None
        except Malformed as error:
            session.close()
            raise Returned(f"what came back could not be read: {error}") from None
        except BaseException:
            self.stop(session)
            raise
        finally:
            self.spent += monotonic() - start

    def converse(self, session: Channel, frame: Frame, seconds: float, listen: Listen) -> bytes:
        """The exchange itself.  Raises Late, Gone, Malformed, Died."""
        deadline, stopwatch = monotonic() + seconds, Stopwatch(session.pid, seconds)

        def watch() -> float:
            """Stop what uses too much; the seconds that waiting has added."""
            self.stop_excess()
            return stopwatch.look()

        if frame.kind is Kind.REQUEST and session.check is None:
            session.check = frame.token
        session.send(frame, deadline)
        for _ in range(MESSAGES):
            reply = session.receive(deadline, watch)
            if reply.kind is Kind.ENDED and reply.token == session.check:
                session.check = None
                raise Died(how_it_ended(reply.payload))
            if reply.token == frame.token and reply.kind is Kind.REPLY:
                return reply.payload
            if reply.token == frame.token and reply.kind is Kind.MESSAGE:
                session.send(Frame(Kind.ANSWER, frame.token, listen(reply.payload) or b""), deadline)
        raise Malformed(f"more than {MESSAGES} messages")

    def used_up(self) -> str:
        """What is said once the whole submission's time is gone."""
        return f"the submission has used up its {self.patience.submission:.0f} seconds"

    def stop_excess(self) -> None:
        """Raises Died where the submission uses more than it may."""
        reason = excess(self.server.pid, self.scratch, self.limits)
        if reason:
            for session in self.sessions.values():
                session.close()
            self.server.end_all(set())
            for folder in self.scratch.iterdir():
                remove(folder)
            raise Died(f"stopped: {reason}")

    def ended(self, session: Channel) -> bool:
        """Ask the check's process to end; did it, in time?"""
        deadline = monotonic() + self.patience.ending
        try:
            session.send(Frame(Kind.END, NO_TOKEN, b""), deadline)
            while (frame := session.receive(deadline)).kind is not Kind.ENDED or frame.token != session.check:
                pass
        except (Late, Gone, Malformed):
            return False
        return True

    def stop(self, session: Channel) -> None:
        """Kill the check's processes, and a session that does not notice in time (it will be opened again)."""
        if session.alive():
            processes.end(session.pid)
        if session.check is not None and not self.ended(session):
            session.close()
        session.check = None


def how_it_ended(payload: bytes) -> str:
    """A wait status in words, whatever the session sends for one."""
    status = int.from_bytes(payload[:2], "little")
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"the process was killed by {SIGNALS.get(number, f'signal {number}')}"
    return f"the process ended itself with exit code {os.WEXITSTATUS(status)}"
