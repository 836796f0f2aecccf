"""One run over a class: what is left to do, who does it, and every outcome into the gradebook as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from grading.assignment import Course, Kind, Question
from grading.cluster.job import Ended, Job, course_at
from grading.gradebook import Conditions, Experiments, Gradebook, GradebookError, Key, Standing, fingerprints, standing
from grading.places import CHECKS, PROJECT
from grading.sandbox import Isolation
from grading.verdict.outcome import Outcome, State

NAME = "gradebook.sqlite"


class Scheduler(Protocol):
    """Whoever runs jobs: the pool of this machine, or a cluster."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Ended]]:
        """Every outcome of every job as it comes; no order between jobs."""


class Settings(msgspec.Struct, frozen=True):
    """How a run was made; kept in the gradebook, so that reports and exports can be rendered later."""

    conditions: Conditions
    isolation: Isolation
    course_file: str = ""
    """Path of a `course.toml`, or empty."""


def settings_of(gradebook: Gradebook) -> Settings:
    """How the run that wrote a gradebook was made.  Raises GradebookError."""
    return gradebook.get("run", Settings, Settings(Conditions(), Isolation.SANDBOX))


@dataclass(frozen=True)
class Run:
    """A class, a gradebook, and the conditions to grade under."""

    course: Course
    gradebook: Gradebook
    settings: Settings

    @classmethod
    def begin(cls, out: Path, settings: Settings) -> Run:
        """Open or create the gradebook of an output folder."""
        out.mkdir(parents=True, exist_ok=True)
        gradebook = Gradebook(out / NAME)
        gradebook.set("run", settings)
        return cls(course_at(settings.course_file), gradebook, settings)

    @classmethod
    def reopen(cls, out: Path) -> Run:
        """The run that wrote this output folder.  Raises GradebookError where there is none."""
        if not (out / NAME).exists():
            raise GradebookError(f"{out}: no {NAME} in it; give the --out folder of `evidence grade`")
        gradebook = Gradebook(out / NAME)
        settings = settings_of(gradebook)
        return cls(course_at(settings.course_file), gradebook, settings)

    @property
    def conditions(self) -> Conditions:
        """Seed, profile, prerequisites."""
        return self.settings.conditions

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """The identity of every check of the project and of the course's own tests."""
        return fingerprints(self.course.manifest(), (CHECKS, *self.course.tests))

    def standing(self, content: str) -> Standing:
        """Where one submission stands."""
        return standing(self.course, self.gradebook.kept(content), self.fingerprints, self.conditions, content)

    def rounds(self, questions: tuple[Question, ...]) -> Iterator[list[Job]]:
        """What is left of these questions: what the reference has to train first, then everything else."""
        yield self.trainings(questions)
        yield self.jobs(questions)

    def trainings(self, questions: tuple[Question, ...]) -> list[Job]:
        """The experiments whose results submissions may take over, one job each; none where every one is trained."""
        if self.conditions.experiments is not Experiments.DIFFERENT:
            return []
        kinds = {name: check.kind for name, (_, check) in self.course.manifest().items()}
        wanted = {name for job in self.jobs(questions) for name in job.checks if kinds[name] is Kind.EXPERIMENT}
        left = [name for name in self.trained().left if name in wanted]
        return [replace(self.reference_job, checks=(name,)) for name in left]

    def trained(self) -> Standing:
        """Where the reference stands, trained under the conditions of this run."""
        job = self.reference_job
        return standing(self.course, self.gradebook.kept(job.content), self.fingerprints, job.conditions, job.content)

    @property
    def reference_job(self) -> Job:
        """A job of the reference, without checks."""
        conditions = replace(self.conditions, experiments=Experiments.ALWAYS)
        return Job(self.conditions.reference, str(PROJECT), (), {}, conditions, self.settings.course_file)

    def jobs(self, questions: tuple[Question, ...]) -> list[Job]:
        """What is left of these questions, one job for each different submission."""
        numbers = {question.number for question in questions}
        folders = {entry.content: entry.folder for entry in self.gradebook.handed_in()}
        offered = self.offered()
        jobs = (self.job(content, folder, numbers, offered) for content, folder in folders.items())
        return [job for job in jobs if job.checks]

    def offered(self) -> tuple[str, ...]:
        """Experiments that the reference has passed, so that its outcome can be taken over."""
        if self.conditions.experiments is not Experiments.DIFFERENT:
            return ()
        return tuple(name for name, outcome in self.trained().known.items() if outcome.state is State.PASSED)

    def job(self, content: str, folder: str, numbers: set[str], offered: tuple[str, ...] = ()) -> Job:
        """What is left of one submission."""
        stands = self.standing(content)
        left = tuple(name for name in stands.left if name.partition("/")[0] in numbers)
        return Job(content, folder, left, stands.known, self.conditions, self.settings.course_file, offered)

    def go(self, jobs: list[Job], scheduler: Scheduler, listen: Callable[[Job, Ended], None]) -> None:
        """Run the jobs; an outcome is in the gradebook before anybody is told of it."""
        for job, ended in scheduler.run(jobs):
            if not ended.outcome.waits_for:
                key = Key(job.content, ended.outcome.check, self.fingerprints[ended.outcome.check], ended.policy)
                self.gradebook.record(key, self.completed(ended), str(self.settings.isolation))
            listen(job, ended)

    def completed(self, ended: Ended) -> Outcome:
        """The outcome to keep; one that is taken over shows the reference's evidence and pictures after its own."""
        if not ended.taken_over:
            return ended.outcome
        result = self.trained().known[ended.outcome.check]
        return replace(result, evidence=ended.outcome.evidence | result.evidence, seconds=ended.outcome.seconds)
