"""The judge's end of a session's socket: every wait has an end, and everything read is checked."""

from __future__ import annotations

import os
import select
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from grading.sandbox import processes
from grading.sandbox.frames import HEADER, Frame, head, pack

Watch = Callable[[], float]
TICK = 0.1
"""Seconds between two looks at a session's use of the machine."""


class Late(Exception):
    """The deadline passed."""


class Gone(Exception):
    """The session ended."""


class Channel:
    """One session: its process and its socket."""

    def __init__(self, pid: int, sock: socket.socket) -> None:
        self.pid, self.sock = pid, sock
        self.process = handle(pid)
        """Once a session has ended, its number may become that of anybody's process; this may not."""
        self.check: bytes | None = None
        """The token of the request that began the check now running, if one is."""

    def alive(self) -> bool:
        """Is the session's process still there?"""
        return self.process is not None and not select.select([self.process], [], [], 0)[0]

    def send(self, frame: Frame, deadline: float) -> None:
        """Raises Late where the session does not read, Gone, Malformed."""
        self.sock.settimeout(max(0.001, deadline - monotonic()))
        try:
            self.sock.sendall(pack(frame))
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Gone from None

    def receive(self, deadline: float, watch: Watch = lambda: 0.0) -> Frame:
        """The next frame.  `watch` is called every tick and says how many seconds to add to the deadline.

        Raises Late, Gone, Malformed, and what `watch` raises.
        """
        length, kind, token = head(self.exactly(HEADER.size, deadline, watch))
        return Frame(kind, token, self.exactly(length, deadline, watch))

    def exactly(self, length: int, deadline: float, watch: Watch) -> bytes:
        """That many bytes."""
        data, look = bytearray(), min(monotonic() + TICK, deadline)
        while len(data) < length:
            now = monotonic()
            if now >= look:
                if now >= deadline + watch():
                    raise Late
                if not self.alive():
                    raise Gone
                look = now + TICK
            if select.select([self.sock], [], [], max(0.0, look - now))[0]:
                data += self.part(length - len(data))
        return bytes(data)

    def part(self, most: int) -> bytes:
        """Some bytes that are there."""
        try:
            part = self.sock.recv(min(most, 2**20))
        except OSError:
            raise Gone from None
        if not part:
            raise Gone
        return part

    def close(self) -> None:
        """Kill the session and all it started, and hang up."""
        self.check = None
        if self.process is not None:
            if self.alive():
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self.process, signal.SIGKILL)
                processes.end(self.pid)
            os.close(self.process)
            self.process = None
        self.sock.close()


def handle(pid: int) -> int | None:
    """A descriptor of a process, None where it is gone."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None
