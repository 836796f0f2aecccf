"""A station: a process that judges one job after another, each behind the same sandbox server.

It imports pytest, torch and the checks once.  Submitted code never runs here; it runs in processes that the station's
fork server starts.  The station ends when the grader closes its end of the socket, and takes the server with it.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from grading.cluster.reference import Reference
from grading.sandbox import Isolation, Limits
from grading.sandbox.forking import ForkServer
from grading.sandbox.frames import exactly
from grading.submission.remote import Patience, Remote

LENGTH = struct.Struct("<I")


def send(channel: socket.socket, payload: bytes) -> None:
    """One message, preceded by its length."""
    channel.sendall(LENGTH.pack(len(payload)) + payload)


def receive(channel: socket.socket) -> bytes:
    """The next message.  Raises EOFError at the end of the stream."""
    return exactly(channel, LENGTH.unpack(exactly(channel, LENGTH.size))[0])


def main(descriptor: int, isolation: Isolation) -> None:
    """Judge jobs until the grader is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = socket.socket(fileno=descriptor)
    with ThreadPoolExecutor(1) as helper:
        starting = helper.submit(ForkServer, isolation)
        warm()
        server = starting.result()
    with server:
        reference = Reference(isolation)
        try:
            while True:
                judge(channel, server, reference, receive(channel))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return
        finally:
            reference.close()


def warm() -> None:
    """Import what every job needs, while the fork server does the same; collections of garbage pass over it."""
    import torch

    import grading.cluster.session  # noqa: F401

    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()


def transport_of(folder: Path, server: ForkServer, seconds: float | None) -> Remote:
    """A submission behind the sandbox, with so much time for everything that it computes where a course says so."""
    if seconds is None:
        return Remote(folder, server)
    return Remote(folder, server, Limits(cpu_seconds=math.ceil(seconds)), Patience(submission=seconds))


def judge(channel: socket.socket, server: ForkServer, reference: Reference, order: bytes) -> None:
    """Run one job; send each outcome as it comes, and an empty message at the end."""
    from grading.cluster.job import Ended, Job
    from grading.cluster.session import run

    job = msgspec.msgpack.decode(order, type=Job)

    def publish(ended: Ended) -> None:
        """Send an outcome to the grader at once."""
        send(channel, msgspec.msgpack.encode(ended))

    transport = transport_of(Path(job.folder), server, job.conditions.limits.submission_seconds)
    try:
        run(job, transport, reference, publish)
    finally:
        if transport.scratch.exists():  # the fixture closes it too, where a check asked for the submission
            transport.close()
    send(channel, b"")


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main(int(sys.argv[1]), Isolation(sys.argv[2]))
