"""The loop inside a confined process: answer the judge's frames with a worker.

    session ──LOAD──> imports a module; what it imports stays
       └── fork ──REQUEST, REQUEST, ... END──> one check's process

Each check is answered by a fork of the session as it was after importing, so nothing a check does is visible to the
next one, and importing is paid for once.  All this runs beside submitted code and trusts nothing; it is trusted by
nothing either.
"""

from __future__ import annotations

import os
import random
import socket
from pathlib import Path

import numpy as np
import torch

from grading.sandbox.frames import Frame, Kind, Malformed, pack, receive
from grading.submission import plain
from grading.submission.folder import Layout, LayoutError
from grading.submission.worker import Listen, Worker

RESEED = random.seed, np.random.seed, torch.seed
"""Called in each check's process, lest all forks share the random numbers of code that ignores its generator."""


def serve(channel: socket.socket, folder: Path) -> None:
    """Answer until the judge hangs up."""
    try:
        worker: Worker | LayoutError = Worker(folder, Layout.handed_in)
    except LayoutError as error:
        worker = error
    while True:
        frame = receive(channel)
        if frame.kind is Kind.LOAD:
            answer(channel, worker, frame)
        elif frame.kind is Kind.REQUEST:
            status = in_fork(channel, worker, frame)
            channel.sendall(pack(Frame(Kind.ENDED, frame.token, status.to_bytes(4, "little"))))


def in_fork(channel: socket.socket, worker: Worker | LayoutError, first: Frame) -> int:
    """Let a fork answer one check's requests; its wait status."""
    child = os.fork()
    if child == 0:
        try:
            for reseed in RESEED:
                reseed()
            check(channel, worker, first)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def check(channel: socket.socket, worker: Worker | LayoutError, frame: Frame) -> None:
    """Answer requests until END."""
    while frame.kind is not Kind.END:
        if frame.kind is Kind.REQUEST:
            answer(channel, worker, frame)
        frame = receive(channel)


def answer(channel: socket.socket, worker: Worker | LayoutError, frame: Frame) -> None:
    """One reply."""
    if isinstance(worker, LayoutError):
        reply = plain.encode({"problem": "missing", "message": str(worker), "traceback": ""})
    else:
        reply = worker.answer(frame.payload, listener(channel, frame.token))
    try:
        channel.sendall(pack(Frame(Kind.REPLY, frame.token, reply)))
    except Malformed as error:
        reply = plain.encode({"problem": "returned", "message": str(error), "traceback": ""})
        channel.sendall(pack(Frame(Kind.REPLY, frame.token, reply)))


def listener(channel: socket.socket, token: bytes) -> Listen:
    """A way for the worker to reach the judge in the middle of a request."""

    def listen(message: bytes) -> bytes | None:
        """Send the message; the judge's answer, or None."""
        channel.sendall(pack(Frame(Kind.MESSAGE, token, message)))
        return receive(channel).payload or None

    return listen
