"""`evidence grade`: from a folder of submissions to grades and reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grading.assignment import load
from grading.cli.progress import Progress
from grading.entries import entries
from grading.gradebook import Conditions, Gradebook, Prerequisites, Profile
from grading.pool import Pool
from grading.run import Run
from grading.sandbox import Isolation, SandboxUnavailable, available


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
) -> None:
    """Grade one submission or a class.

    Everything that is known is kept in `OUT/gradebook.sqlite`: run the same command again to go on where it stopped,
    to grade late arrivals, or to regrade after a check was changed. Only what is not known is run.
    """
    reason = available() if isolation is Isolation.SANDBOX else None
    if reason:
        raise SandboxUnavailable(f"{reason}; --isolation process runs submissions unprotected, if you trust them")
    course = load()
    chosen = course.select([part for part in questions.split(",") if part])
    out.mkdir(parents=True, exist_ok=True)
    gradebook = Gradebook(out / "gradebook.sqlite")
    gradebook.hand_in(entries(folder))
    run = Run(course, gradebook, Conditions(seed, profile, prerequisites), isolation)
    jobs = run.jobs(chosen)
    console = Console()
    with Progress(console, course, jobs) as progress, Pool(workers, isolation) as pool:
        run.go(jobs, pool, progress.ended)
