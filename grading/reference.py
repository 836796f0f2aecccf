"""The reference solution as an answerer: with `--prerequisites reference` it stands in for a function whose question
failed, so that one mistake is not punished twice.

It runs in a worker of its own, never in the judge: its arguments come from submitted code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grading.sandbox import Isolation
from grading.sandbox.forking import ForkServer
from grading.submission import Submission
from grading.submission.remote import Remote

PROJECT = Path(__file__).resolve().parent.parent


@dataclass
class Reference:
    """Answers calls with the reference's functions; its worker is started by the first one."""

    isolation: Isolation
    server: ForkServer | None = None
    submission: Submission | None = field(default=None, repr=False)

    def __call__(self, function: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The reference's value of `module.function(*args, **kwargs)`.  Raises Problem, as for any submission."""
        if self.submission is None:
            self.server = ForkServer(self.isolation)
            self.submission = Submission(Remote(PROJECT, self.server))
        module, _, name = function.partition(".")
        self.submission.start_check()  # never ended: a trusted, pure function needs no fresh process for each call
        return getattr(getattr(self.submission, module), name)(*args, **kwargs)

    def close(self) -> None:
        """End the worker, if there is one."""
        if self.submission is not None and self.server is not None:
            self.submission.transport.close()
            self.server.close()
