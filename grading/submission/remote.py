"""The transport used in grading: a submission's modules in sandboxed processes, one session for each module.

A session imports one module (and what that imports) once; each check is then answered by a fork of it.  A module
that hangs, crashes or changes the interpreter while it is imported harms the checks that use it and no others.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grading.assignment import contract
from grading.sandbox import processes
from grading.sandbox.channel import Channel, Gone, Late
from grading.sandbox.confine import SandboxUnavailable
from grading.sandbox.forking import ForkServer
from grading.sandbox.frames import Kind, Malformed
from grading.sandbox.policy import Limits, Policy
from grading.sandbox.quota import excess
from grading.submission import plain
from grading.submission.problems import Died, Problem, TimedOut
from grading.submission.transport import Listen


@dataclass(frozen=True)
class Patience:
    """Seconds of wall time."""

    importing: float = 60.0
    ending: float = 2.0
    submission: float = 3600.0
    """For all requests of a submission together."""


class Header(msgspec.Struct):
    """The part of a request that says which module it is for."""

    function: str = ""
    module: str = ""

    @property
    def target(self) -> str:
        """`gamma` for `gamma.fisher_information`."""
        return self.module or self.function.partition(".")[0]


class Remote:
    """A submission behind the sandbox; a `Transport`."""

    def __init__(
        self, folder: Path, server: ForkServer, limits: Limits = Limits(), patience: Patience = Patience()
    ) -> None:
        self.folder, self.server = Path(folder).resolve(), server
        self.limits, self.patience = limits, patience
        self.scratch = Path(tempfile.mkdtemp(prefix="evidence-scratch-"))
        self.sessions: dict[str, Channel] = {}
        self.unusable: dict[str, Problem] = {}
        self.spent = 0.0

    def start_check(self) -> None:
        """Nothing yet: the check's process is forked by its first request."""

    def request(self, request: bytes, timeout: float, listen: Listen) -> bytes:
        """The reply to one request.  Raises TimedOut or Died."""
        module = msgspec.msgpack.decode(request, type=Header).target
        session = self.session(module)
        return self.exchange(session, Kind.REQUEST, request, timeout, listen)

    def session(self, module: str) -> Channel:
        """The session that has imported `module`.  Raises the same Problem again for a module that cannot be imported."""
        if module in self.unusable:
            raise self.unusable[module]
        if module not in self.sessions or not self.sessions[module].alive():
            try:
                self.sessions[module] = self.opened(module)
            except Problem as problem:
                self.unusable[module] = problem
                raise
        return self.sessions[module]
