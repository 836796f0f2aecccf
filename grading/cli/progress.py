"""What `evidence grade` shows while it runs: checks done, time left, and the latest outcome."""

from __future__ import annotations

from rich import progress
from rich.console import Console

from grading.cluster.job import Ended, Job


class Progress(progress.Progress):
    """A bar over all checks of all jobs."""

    def __init__(self, console: Console, jobs: list[Job]) -> None:
        columns = ("{task.description}", progress.BarColumn(), progress.MofNCompleteColumn())
        super().__init__(*columns, progress.TimeElapsedColumn(), progress.TimeRemainingColumn(), console=console)
        self.bar = self.add_task("checks", total=sum(len(job.checks) for job in jobs))

    def ended(self, job: Job, ended: Ended) -> None:
        """One check more."""
        self.update(self.bar, advance=1, description=f"{ended.outcome.check:<40.40}")
