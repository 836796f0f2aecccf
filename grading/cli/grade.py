"""`evidence grade`: from a folder of submissions to grades and reports."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grading.assignment import Question, load_course
from grading.cli.lists import listed
from grading.cli.mistakes import Mistake
from grading.cli.progress import Progress
from grading.cluster.dask import Cluster
from grading.cluster.job import Job
from grading.cluster.pool import Pool
from grading.entries import entries
from grading.feedback.detail import Detail
from grading.gradebook import Conditions, Experiments, Gradebook, GradebookError, Prerequisites, Profile, content_hash
from grading.gradebook.content import NOTHING
from grading.places import PROJECT
from grading.report import write
from grading.run import NAME, Run, Settings, settings_of
from grading.sandbox import Isolation
from grading.sandbox.forking import refuse_without_sandbox
from grading.verdict.outcome import State


def grade(
    folder: Annotated[Path, typer.Argument(help="One submission, or a folder or zip of many.")],
    out: Annotated[Path, typer.Option(help="Where gradebook and reports go; the same folder again resumes.")],
    experiments: Annotated[
        Experiments, typer.Option(help="Who is trained: everybody, whoever differs from the reference, or nobody.")
    ] = Experiments.ALWAYS,
    profile: Annotated[Profile, typer.Option(help="How much training an experiment does.")] = Profile.QUICK,
    audit: Annotated[
        float, typer.Option(min=0, max=1, help="Share trained anyway of those that do not differ.")
    ] = 0.05,
    questions: Annotated[str, typer.Option(help="Only these questions or groups: 1.2.4,2.2")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random inputs.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Submissions graded at once.")] = len(os.sched_getaffinity(0)),
    isolation: Annotated[Isolation, typer.Option(help="How submitted code is kept apart.")] = Isolation.SANDBOX,
    prerequisites: Annotated[
        Prerequisites, typer.Option(help="Checks whose prerequisite failed wait, or use the reference's function.")
    ] = Prerequisites.WAIT,
    scheduler: Annotated[str, typer.Option(help="A Dask scheduler, tcp://host:8786, instead of this machine.")] = "",
    course: Annotated[Path | None, typer.Option(help="A course.toml with changed points, texts, questions.")] = None,
    feedback: Annotated[Detail, typer.Option(help="How much the students' pages say of a failed check.")] = Detail.FULL,
) -> None:
    """Grade one submission or a class.

    Everything that is known is kept in `OUT/gradebook.sqlite`: run the same command again to go on where it stopped,
    to grade late arrivals, or to regrade after a check was changed. Only what is not known is run.
    """
    refuse_without_sandbox(isolation)
    refuse_inside(Path(os.path.realpath(folder)), Path(os.path.realpath(out)))
    asked = load_course(course)
    chosen = asked.select(listed(questions))
    trusted = content_hash(PROJECT) if experiments is Experiments.DIFFERENT else ""
    conditions = Conditions(
        seed, profile, prerequisites, asked.experiment_tolerance, experiments, audit, trusted, asked.limits
    )
    console = Console(highlight=False, soft_wrap=True)
    if (before := course_before(out)) and course is None:
        console.print(f"{out} was graded by {before}; now, without --course, by the assignment as it is", markup=False)
    with stoppable(console):
        run = Run.begin(out, Settings(conditions, isolation, str(course.resolve()) if course else ""))
        everybody = {entry.submission for entry in run.gradebook.handed_in()}
        run.gradebook.hand_in(entries(folder, out / "handed-in"))
        if gone := sorted(everybody - {entry.submission for entry in run.gradebook.handed_in()}):
            console.print(no_more(gone, folder), markup=False)
        grade_all(run, chosen, scheduler_of(scheduler, workers, isolation), console)
        page = write(run, out, feedback)
        console.print(*to_look_at(run), page, sep="\n", markup=False)


def course_before(out: Path) -> str:
    """The course file that the output folder was made by last, or nothing."""
    if not (out / NAME).exists():
        return ""
    try:
        with closing(Gradebook(out / NAME)) as gradebook:
            return settings_of(gradebook).course_file
    except GradebookError:  # of another version: this run writes its settings anew
        return ""


def no_more(names: list[str], folder: Path) -> str:
    """What becomes of those who were graded into this output before, and are not in the folder now."""
    who = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"not in {folder}, and so no longer on the class page or in an export: {who}."
        " What is known of them is kept; grade a folder that holds them too, and they are back"
    )


def to_look_at(run: Run) -> list[str]:
    """What the instructor should know before reading on: nothing to grade, and checks over which the grader broke."""
    everybody = run.gradebook.handed_in()
    empty = [entry.submission for entry in everybody if entry.content == NOTHING]
    said = [f"nothing to grade in {', '.join(empty)}"] if empty else []
    for entry in everybody:
        for outcome in run.standing(entry.content).outcomes.values():
            if outcome.state is State.BROKEN:
                first = (outcome.message or "no reason is known").strip().splitlines()[0]
                return [*said, f"the grader broke, first over {outcome.check} of {entry.submission}: {first}"]
    return said


@contextmanager
def stoppable(console: Console) -> Iterator[None]:
    """Ctrl-C ends the run with what to do next, and exit code 130; every outcome is in the gradebook as it ends."""
    try:
        yield
    except KeyboardInterrupt:
        console.print("stopped. Nothing that ended is lost; this goes on from here:", style="bold")
        console.print(f"  {shlex.join(['evidence', *sys.argv[1:]])}", markup=False)
        raise typer.Exit(130) from None


def refuse_inside(folder: Path, out: Path) -> None:
    """Raises Mistake where the output would be taken for a submission."""
    if out.is_relative_to(folder) and folder != PROJECT:
        raise Mistake(f"--out {out}: lies inside {folder}, whose content is graded; give a folder outside of it")


def scheduler_of(address: str, workers: int, isolation: Isolation) -> Pool | Cluster:
    """Who runs the checks: the cluster at this address, or a pool on this machine."""
    return Cluster(address, isolation) if address else Pool(workers, isolation)


def grade_all(run: Run, questions: tuple[Question, ...], scheduler: Pool | Cluster, console: Console) -> None:
    """Run what is left."""
    with scheduler:
        rounds = [grade_round(run, jobs, scheduler, console) for jobs in run.rounds(questions)]
    if not any(rounds):
        console.print("nothing is left to run")


def grade_round(run: Run, jobs: list[Job], scheduler: Pool | Cluster, console: Console) -> int:
    """Run these jobs; how many there were."""
    if jobs:
        with Progress(console, jobs) as progress:
            run.go(jobs, scheduler, progress.ended)
    return len(jobs)
