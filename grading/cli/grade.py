"""`evidence grade`: from a folder of submissions to grades and reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grading.assignment import load_course
from grading.cli.mistakes import Mistake
from grading.cli.progress import Progress
from grading.cluster import Cluster
from grading.entries import entries
from grading.gradebook import Conditions, Prerequisites, Profile
from grading.gradebook.content import PROJECT
from grading.pool import Pool
from grading.report import write
from grading.run import Run, Settings
from grading.sandbox import Isolation, SandboxUnavailable, available
from grading.session import Job


def grade(
    folder: Annotated[Path, typer.Argument(help="One submission, or a folder or zip of many.")],
    out: Annotated[Path, typer.Option(help="Where gradebook and reports go; the same folder again resumes.")],
    profile: Annotated[Profile, typer.Option(help="How much training the experiments do.")] = Profile.QUICK,
    questions: Annotated[str, typer.Option(help="Only these questions or groups: 1.2.4,2.2")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random inputs.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Submissions graded at once.")] = len(os.sched_getaffinity(0)),
    isolation: Annotated[Isolation, typer.Option(help="How submitted code is kept apart.")] = Isolation.SANDBOX,
    prerequisites: Annotated[
        Prerequisites, typer.Option(help="Checks whose prerequisite failed wait, or use the reference's function.")
    ] = Prerequisites.WAIT,
    scheduler: Annotated[str, typer.Option(help="A Dask scheduler, tcp://host:8786, instead of this machine.")] = "",
    course: Annotated[Path | None, typer.Option(help="A course.toml with changed points, texts, questions.")] = None,
) -> None:
    """Grade one submission or a class.

    Everything that is known is kept in `OUT/gradebook.sqlite`: run the same command again to go on where it stopped,
    to grade late arrivals, or to regrade after a check was changed. Only what is not known is run.
    """
    refuse_without_sandbox(isolation)
    refuse_inside(folder.resolve(), out.resolve())
    asked = load_course(course)
    chosen = asked.select([part.strip() for part in questions.split(",") if part.strip()])
    conditions = Conditions(seed, profile, prerequisites, asked.experiment_tolerance)
    run = Run.begin(out, Settings(conditions, isolation, str(course.resolve()) if course else ""))
    run.gradebook.hand_in(entries(folder, out / "handed-in"))
    console = Console(highlight=False, soft_wrap=True)
    finished = grade_all(run, run.jobs(chosen), scheduler_of(scheduler, workers, isolation), console)
    path = write(run, out)
    if not finished:
        console.print("stopped; everything that ended is saved. The same command goes on from here.")
    console.print(path)
    if not finished:
        raise typer.Exit(130)


def refuse_without_sandbox(isolation: Isolation) -> None:
    """Raises SandboxUnavailable where a sandbox is wanted and this machine has none."""
    reason = available() if isolation is Isolation.SANDBOX else None
    if reason:
        raise SandboxUnavailable(f"{reason}; --isolation process runs submissions unprotected, if you trust them")


def refuse_inside(folder: Path, out: Path) -> None:
    """Raises Mistake where the output would be taken for a submission."""
    if out.is_relative_to(folder) and folder != PROJECT:
        raise Mistake(f"--out {out}: lies inside {folder}, whose content is graded; give a folder outside of it")


def scheduler_of(address: str, workers: int, isolation: Isolation) -> Pool | Cluster:
    """Who runs the checks: the cluster at this address, or a pool on this machine."""
    return Cluster(address, isolation) if address else Pool(workers, isolation)


def grade_all(run: Run, jobs: list[Job], scheduler: Pool | Cluster, console: Console) -> bool:
    """Run what is left; False where the user stopped it."""
    if not jobs:
        console.print("nothing is left to run")
        return True
    with Progress(console, jobs) as progress, scheduler:
        try:
            run.go(jobs, scheduler, progress.ended)
        except KeyboardInterrupt:
            return False
    return True
