"""`evidence estimate`: how long a run will take."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from grading.cluster.costs import Costs, estimate, measure, read
from grading.gradebook import Gradebook, GradebookError, Profile
from grading.intake import take_in
from grading.run import NAME


def estimate_run(
    folder: Annotated[Path, typer.Argument(help="One submission, or a folder or zip of many.")],
    workers: Annotated[int, typer.Option(min=1, help="Workers of this machine or of a cluster.")] = len(
        os.sched_getaffinity(0)
    ),
    measured: Annotated[
        Path | None, typer.Option(help="An --out folder to take costs from, instead of the recorded ones.")
    ] = None,
) -> None:
    """Say how long grading will take and how many core-hours, without and with experiments, on so many workers."""
    with tempfile.TemporaryDirectory() as store:
        count = len(take_in(folder, Path(store)))
    costs = read() if measured is None else costs_of(measured)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{count} submission{'s' if count != 1 else ''}, {workers} worker{'s' if workers != 1 else ''}")
    console.print(table(costs, count, workers))


def costs_of(out: Path) -> Costs:
    """Costs measured in a run.  Raises GradebookError where there is none."""
    if not (out / NAME).exists():
        raise GradebookError(f"{out}: no {NAME} in it; give the --out folder of `evidence grade`")
    return measure(Gradebook(out / NAME), read().startup, read())


def table(costs: Costs, count: int, workers: int) -> Table:
    """One row for each amount of training."""
    rows = Table("experiments", "wall time", "core-hours", "measured on", box=None, pad_edge=False)
    amounts = {"never": costs.checks} | {f"always, {profile}": costs.of(profile) for profile in Profile}
    for amount, cost in amounts.items():
        if cost is None:
            rows.add_row(amount, "never measured", "", "")
            continue
        found = estimate(count, workers, costs.startup, cost)
        span = f"{clock(found.shortest)} to {clock(found.longest)}"
        many = f"{cost.submissions} submission{'s' if cost.submissions != 1 else ''}"
        rows.add_row(amount, span, f"{found.core_seconds / 3600:.2f}", many)
    return rows


def clock(seconds: float) -> str:
    """`0:03:20`."""
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}"
