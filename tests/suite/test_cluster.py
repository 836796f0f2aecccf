"""A Dask cluster of separate processes gives the gradebook of the local pool, row for row, also when a worker dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from grading.cluster.dask import Cluster, ClusterError
from grading.cluster.job import Ended, Job
from grading.gradebook import Gradebook
from grading.run import NAME
from grading.sandbox import Isolation
from tests.suite.test_gradebook import STATION, SUBMISSIONS, grade_synthetic, open_run, rows

pytest.importorskip("distributed", reason="the cluster needs the optional library distributed")


def start(*words: str) -> subprocess.Popen[bytes]:
    """A scheduler or worker of its own."""
    command = [sys.executable, "-m", "dask", *words]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its two workers."""
    page = tmp_path / "scheduler.json"
    quiet = ["--no-dashboard", "--scheduler-file", str(page)]
    scheduler = start("scheduler", "--port", "0", "--host", "127.0.0.1", *quiet)
    deadline = time.monotonic() + 60
    while not page.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    options = ["--no-nanny", "--nthreads", "1", "--local-directory", str(tmp_path), *quiet]
    workers = [start("worker", *options) for _ in range(2)]
    yield json.loads(page.read_text())["address"], workers
    for process in (*workers, scheduler):
        for each in [*psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []:
            each.kill()
        process.kill()
        process.wait()


def test_rows_are_those_of_the_pool_although_a_worker_was_killed(
    tmp_path: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    """One of two workers is killed after a third of the outcomes; every outcome is told once."""
    address, workers = cluster
    run = open_run(tmp_path / "cluster", 0)
    run.gradebook.hand_in(SUBMISSIONS)
    jobs = run.jobs(run.course.questions)
    total, told = sum(len(job.checks) for job in jobs), []

    def listen(job: Job, ended: Ended) -> None:
        told.append((job.content, ended.outcome.check))
        if len(told) == total // 3:
            workers[0].send_signal(signal.SIGKILL)

    with Cluster(address, Isolation.SANDBOX, STATION) as scheduler:
        scheduler.client.wait_for_workers(2, timeout=60)
        run.go(jobs, scheduler, listen)
    assert len(told) == len(set(told)) == total
    grade_synthetic(tmp_path / "local", 0)
    assert rows(tmp_path / "cluster") == rows(tmp_path / "local")
    assert Gradebook(tmp_path / "cluster" / NAME).handed_in() == SUBMISSIONS


def test_no_scheduler_there_is_said_in_words() -> None:
    """The address and the remedy, no traceback."""
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:1"), Cluster("tcp://127.0.0.1:1", Isolation.SANDBOX):
        pass
