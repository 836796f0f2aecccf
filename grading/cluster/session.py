"""Run the checks of one submission with pytest, the same test files that a student runs.

Only the checks of the job are run; outcomes from earlier runs are laid before the judge in the order of the manifest,
so that prerequisites are decided as in a run from the start.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from grading import pytest_plugin
from grading.assignment import Kind, contract
from grading.cluster.job import Ended, Job, Publish
from grading.cluster.reference import Reference
from grading.cluster.takeover import TakeOver
from grading.gradebook.conditions import Experiments, Prerequisites
from grading.places import CHECKS
from grading.submission import Submission, Transport
from grading.submission.folder import Layout, LayoutError
from grading.verdict.judge import TO_BE_READ, Judge
from grading.verdict.naming import Namer, namer
from grading.verdict.outcome import Outcome, State

OPTIONS = ["-c", os.devnull, "-p", "no:cacheprovider", "-p", "no:terminal", "-s", "--assert=plain"]
OPTIONS += ["--import-mode=importlib", "--continue-on-collection-errors", "-p", "no:unraisableexception"]

ACROSS = 5
"""Calls that the reference answers cross the boundary twice; such a check gets this many times its limits."""


@cache
def corpus() -> Namer | None:
    """The corpus of known mistakes, read once a process."""
    return namer()


def run(job: Job, transport: Transport, reference: Reference, publish: Publish) -> None:
    """Run a job's checks; each is published as it ends, and exactly once."""
    try:
        Layout.handed_in(Path(job.folder))
    except (LayoutError, OSError, ValueError, RecursionError) as error:
        return give_up(job, job.checks, State.ERROR, str(error), publish)
    subject = Submission(transport, contract(job.asked().tests), epoch_seconds=job.conditions.limits.epoch_seconds)
    if job.conditions.prerequisites is Prerequisites.REFERENCE:
        subject.reference = reference
        subject.call_seconds, subject.check_seconds = ACROSS * subject.call_seconds, ACROSS * subject.check_seconds
    takeover = TakeOver(job, subject, reference)
    plugin = Session(job, subject, lambda ended: publish(takeover.settle(ended)))
    pytest.main([*OPTIONS, *options_of(job), *files()], plugins=[plugin, takeover])
    rest = tuple(name for name in job.checks if name not in plugin.published)
    give_up(job, rest, State.BROKEN, plugin.reason or "its test was not reached", publish)


def files() -> list[str]:
    """The check files."""
    return [str(path) for path in sorted(CHECKS.glob("test_*.py"))]


def options_of(job: Job) -> list[str]:
    """The job's conditions and course as options of the pytest plugin."""
    trains = job.conditions.experiments is not Experiments.NEVER
    profile = [f"--experiments={job.conditions.profile}"] if trains else []
    course = [f"--course={job.course}"] if job.course else []
    return [f"--rootdir={CHECKS.parent}", f"--seed={job.conditions.seed}", *profile, *course]


def give_up(job: Job, checks: tuple[str, ...], state: State, reason: str, publish: Publish) -> None:
    """One outcome for all of these checks; the text of an answer will be read all the same."""
    manifest = job.asked().manifest()
    for name in checks:
        _, check = manifest[name]
        outcome = Outcome(check=name, state=state, message=reason)
        if check.kind is Kind.PROSE:
            outcome = Outcome(check=name, state=State.NEEDS_HUMAN, message=TO_BE_READ)
        publish(Ended(outcome, job.conditions.key(check)))


@dataclass(eq=False)
class Session:
    """A pytest plugin that narrows a run to a job and publishes its outcomes."""

    job: Job
    submission: Submission
    publish: Publish
    policies: dict[str, str] = field(default_factory=dict)
    published: set[str] = field(default_factory=set)
    reason: str = ""

    def pytest_configure(self, config: pytest.Config) -> None:
        """Put the job's submission and judge in the place of the defaults."""
        self.course = self.job.asked()
        self.judge = Judge(self.course, publish=self.ended)
        config.stash[pytest_plugin.JUDGE] = self.judge
        config.stash[pytest_plugin.SUBMISSION] = self.submission
        if (known := corpus()) is not None:
            config.stash[pytest_plugin.NAMER] = known

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, Any, None]:
        """Keep the job's checks; remember why tests and catalogue do not go together."""
        try:
            yield
        except pytest.UsageError as error:
            self.reason = str(error)
            raise
        items[:] = [item for item in items if pytest_plugin.identifier_of(item) in self.job.checks]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember why a check file could not be read."""
        if report.failed:
            self.reason = f"{report.nodeid}: {str(report.longrepr)[-1500:]}"

    def pytest_internalerror(self, excrepr: object) -> bool:
        """Remember why pytest itself stopped; True keeps it from being printed."""
        self.reason = str(excrepr)[-1500:]
        return True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Lay what is known of all earlier checks before the judge, then run this one."""
        identifier = pytest_plugin.identifier_of(item) or ""
        for name in self.course.run_order():
            if name == identifier:
                break
            if name in self.job.earlier:
                self.judge.outcomes.setdefault(name, self.job.earlier[name])
        _, check = item.stash[pytest_plugin.CHECK]
        seat = self.judge.seat(check, self.submission.reference is not None)
        self.policies[identifier] = self.job.conditions.key(check, seat.substituted)
        return (yield)

    def ended(self, outcome: Outcome) -> None:
        """The judge's outcome, on its way out.  A teardown that fails does not publish a check again."""
        if outcome.check not in self.published:
            self.published.add(outcome.check)
            self.publish(Ended(outcome, self.policies[outcome.check]))
