"""Training only what differs (`--experiments different`): the part that runs beside the checks.

Before an experiment, the submission answers the experiment's battery.  Where it agrees with the reference, the
experiment is not run and its outcome is the reference's, unless the submission is in the audit's sample: then it is
trained, and must end like the reference, or a human has to look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest

from grading.cluster.job import Ended, Job
from grading.cluster.reference import Reference
from grading.experiments.battery import Battery, Comparison, compare
from grading.pytest_plugin import EXHIBITS, identifier_of
from grading.submission import Submission
from grading.verdict.exhibits import Exhibits
from grading.verdict.outcome import State

DISAGREES = (
    "An audit: the functions agree with the reference's on every input of the battery ({agreement}), but their "
    "training ended otherwise, {state}: {message}"
)


@dataclass(eq=False)
class TakeOver:
    """A pytest plugin for one job."""

    job: Job
    submission: Submission
    reference: Reference
    comparisons: dict[str, Comparison] = field(default_factory=dict)

    @property
    def audit(self) -> bool:
        """Is this submission trained anyway?"""
        return self.job.conditions.audits(self.job.content)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Compare first; True keeps the experiment from being run."""
        name, mark = identifier_of(pyfuncitem), pyfuncitem.get_closest_marker("experiment")
        battery = mark.kwargs.get("battery") if mark else None
        if battery is None or name not in self.job.offered or self.submission.substituted:
            return None
        found = self.comparisons[name] = self.compared(name, battery)
        skips = found.agrees and not self.audit
        exhibits = pyfuncitem.stash.setdefault(EXHIBITS, Exhibits())
        exhibits.fact("training", "taken over from the reference" if skips else "its own")
        exhibits.fact("compared with the reference", str(found))
        return True if skips else None

    def compared(self, name: str, battery: Battery) -> Comparison:
        """The comparison; the training that may follow starts as if there had been none."""
        halt: Callable[[], None] = self.submission.halt
        self.submission.halt = lambda: None
        try:
            seed = self.job.conditions.seed
            return compare(battery(seed), self.submission, self.reference.answers(f"{name} {seed}"))
        finally:
            self.submission.halt = halt
            self.submission.end_check()
            self.submission.start_check()

    def settle(self, ended: Ended) -> Ended:
        """What is published: a result to be taken over, an audit that disagrees, or what was found."""
        found, conditions = self.comparisons.get(ended.outcome.check), self.job.conditions
        if found is None or not found.agrees or ended.outcome.state is State.BROKEN:
            return ended
        if not self.audit:
            return msgspec.structs.replace(ended, policy=conditions.taken_over(ended.policy), taken_over=True)
        if ended.outcome.state is State.PASSED:
            return ended
        words = DISAGREES.format(agreement=found, state=ended.outcome.state, message=ended.outcome.message)
        outcome = msgspec.structs.replace(ended.outcome, state=State.NEEDS_HUMAN, message=words)
        return msgspec.structs.replace(ended, outcome=outcome, policy=conditions.audited(ended.policy))
