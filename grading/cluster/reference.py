"""The reference solution as an answerer, in a worker of its own and never in the judge.

With `--prerequisites reference` it stands in for a function whose question failed, so that one mistake is not punished
twice; its arguments then come from submitted code.  With `--experiments different` it answers the batteries that
submissions are compared on, each once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from grading.experiments.battery import Answer, Probe, answer
from grading.places import PROJECT
from grading.sandbox import Isolation
from grading.sandbox.forking import ForkServer
from grading.submission import Submission
from grading.submission.remote import Remote


@dataclass
class Reference:
    """Answers calls with the reference's functions; its worker is started by the first one."""

    isolation: Isolation
    server: ForkServer | None = None
    submission: Submission | None = field(default=None, repr=False)
    known: dict[tuple[str, int], Answer] = field(default_factory=dict, repr=False)
    """Answers to the probes of batteries."""

    def __call__(self, function: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """The reference's value of `module.function(*args, **kwargs)`.  Raises Problem, as for any submission."""
        module, _, name = function.partition(".")
        return getattr(getattr(self.started(), module), name)(*args, **kwargs)

    def answers(self, battery: str) -> Callable[[int, Probe], Answer]:
        """What the reference answers to the probes of this battery, by their places in it."""

        def answered(place: int, probe: Probe) -> Answer:
            """The answer to the probe in this place, computed once."""
            if (battery, place) not in self.known:
                self.known[battery, place] = answer(self.started(), probe)
            return self.known[battery, place]

        return answered

    def started(self) -> Submission:
        """The reference behind its transport, ready for a call."""
        if self.submission is None:
            self.server = ForkServer(self.isolation)
            self.submission = Submission(Remote(PROJECT, self.server))
        self.submission.start_check()  # never ended: a trusted, pure function needs no fresh process for each call
        return self.submission

    def close(self) -> None:
        """End the worker, if there is one."""
        if self.submission is not None and self.server is not None:
            self.submission.transport.close()
            self.server.close()
