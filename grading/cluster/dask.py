"""The same jobs on a Dask cluster: `evidence grade ... --scheduler tcp://host:8786`.

A Dask worker runs stations like a local pool does.  Outcomes come back one by one as events, and once more as the
task's result; when a worker is lost, Dask gives its task to another one, and what was told already is not told again.
Workers must see the output folder under the same path (`docs/cluster.md`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

import msgspec

from grading.cluster.job import Ended, Job
from grading.cluster.pool import PROGRAM, Pool, broken
from grading.sandbox import Isolation

RETRIES = 3
"""How often a job may lose its worker before its rest is put down as broken."""
LOCAL = threading.local()
"""Each thread of a Dask worker keeps its own station, warm from one job to the next."""


class ClusterError(Exception):
    """No cluster there, or no library for it; the message says what to do."""


class Message(msgspec.Struct, frozen=True):
    """One outcome on its way back."""

    content: str
    ended: Ended


def judge(order: bytes, isolation: str, program: tuple[str, ...], topic: str) -> list[bytes]:
    """The task: run one job on this worker, tell each outcome at once, and return them all."""
    from distributed import get_worker

    if not hasattr(LOCAL, "pool"):
        LOCAL.pool = Pool(1, Isolation(isolation), program)
    told = []
    for job, ended in LOCAL.pool.run([msgspec.msgpack.decode(order, type=Job)]):
        told.append(msgspec.msgpack.encode(Message(job.content, ended)))
        get_worker().log_event(topic, told[-1])
    return told


@dataclass
class Cluster:
    """A Dask scheduler, used like a `Pool`."""

    address: str
    isolation: Isolation
    program: tuple[str, ...] = PROGRAM
    client: Any = field(default=None, repr=False)

    def __enter__(self) -> Cluster:
        """Connect.  Raises ClusterError."""
        try:
            from distributed import Client
        except ImportError:
            raise ClusterError(
                "--scheduler needs the library distributed: pip install 'evidence-vi[cluster]'"
            ) from None
        try:
            self.client = Client(self.address, timeout=20)
        except (OSError, TimeoutError, ValueError) as error:
            raise ClusterError(f"--scheduler {self.address}: no Dask scheduler answers there ({error})") from None
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect; tasks that were not finished are cancelled with it."""
        self.client.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Ended]]:
        """Every outcome of every job as it comes, each once."""
        jobs = list(jobs)
        left = {(job.content, check): job for job in jobs for check in job.checks}
        topic, heard = f"evidence-{uuid4().hex}", SimpleQueue[Any]()
        self.client.subscribe_topic(topic, lambda event: heard.put(event[1]))
        tasks = {self.submit(job, topic): job for job in jobs}
        for task in tasks:
            task.add_done_callback(heard.put)
        running = len(tasks)
        while running:
            item = heard.get()
            finished = not isinstance(item, bytes)
            running -= finished
            for message in results(item, tasks[item]) if finished else [item]:
                told = msgspec.msgpack.decode(message, type=Message)
                job = left.pop((told.content, told.ended.outcome.check), None)
                if job is not None:
                    yield job, told.ended
        self.client.unsubscribe_topic(topic)

    def submit(self, job: Job, topic: str) -> Any:
        """Hand one job over."""
        order = msgspec.msgpack.encode(job)
        return self.client.submit(
            judge,
            order,
            str(self.isolation),
            self.program,
            topic,
            pure=False,
            retries=RETRIES,
            key=f"job-{uuid4().hex}",
        )


def results(task: Any, job: Job) -> list[bytes]:
    """The outcomes of a finished task; of one that failed, that the grader broke over every check."""
    if task.status == "finished":
        return task.result()
    reason = f"the cluster lost the job: {task.exception() if task.status == 'error' else task.status}"
    return [msgspec.msgpack.encode(Message(job.content, broken(job, check, reason))) for check in job.checks]
