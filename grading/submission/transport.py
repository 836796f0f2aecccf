"""How requests reach a worker.

A transport carries one request at a time.  While the worker is busy it may send *messages*: progress of a training
run, or a question to the judge (a function of another question, answered in the reference's place).  `listen` gets
each message and returns the bytes to answer with, or None where none is expected.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from grading.assignment import contract
from grading.submission import plain
from grading.submission.worker import Worker

Listen = Callable[[bytes], bytes | None]
ASK, TELL, REPLY = b"?", b"!", b"="
"""First byte of a frame from the worker: a question to the judge, progress, the reply that ends the request."""


def description_of(module: str) -> bytes:
    """The request to import a module and say which of its functions are there."""
    return plain.encode({"op": "describe", "module": module, "functions": list(contract()[module].functions)})


class Transport(Protocol):
    """One submission's worker."""

    folder: Path

    def start_check(self) -> None:
        """From here on, no state of an earlier check is visible to the submitted code."""

    def prepare(self, module: str) -> None:
        """Import a module of the contract, under a limit of its own; done once.  Raises Problem."""

    def request(self, request: bytes, timeout: float, listen: Listen) -> bytes:
        """The reply to one request.  Raises TimedOut or Died."""

    def end_check(self) -> None:
        """Drop the check's state."""

    def close(self) -> None:
        """End the worker and everything it started."""


class InProcess:
    """The worker in this very process: for a student's own runs, where a debugger and a traceback are worth more than
    protection.  Timeouts are not enforced, and the state of the submitted modules lives as long as the session."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))
        self.worker = Worker(folder)
        self.prepared: set[str] = set()

    def start_check(self) -> None:
        """Nothing to do: modules are imported once."""

    def prepare(self, module: str) -> None:
        """Import it by asking what it holds."""
        if module in contract() and module not in self.prepared:
            self.prepared.add(module)
            self.worker.answer(description_of(module), lambda message: None)

    def request(self, request: bytes, timeout: float, listen: Listen) -> bytes:
        """The worker's answer, computed here."""
        return self.worker.answer(request, listen)

    def end_check(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""
