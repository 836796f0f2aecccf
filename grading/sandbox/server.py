"""The fork server's program: import the libraries once, then fork one confined process after another.

It is trusted and holds nothing worth knowing: an empty environment, no seed, no expected value, no path but those it
was told.  It runs one thread, so that a fork is a whole copy.  It lives as long as the judge holds the other end of
its socket, and takes all its descendants with it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import msgspec

from grading.places import PROJECT
from grading.sandbox import processes
from grading.sandbox.confine import available, confine
from grading.sandbox.frames import NO_TOKEN, Frame, Kind, pack
from grading.sandbox.policy import Policy, libraries
from grading.sandbox.scratch import remove

WARM = """
    numpy scipy.special scipy.stats scipy.optimize scipy.integrate scipy.linalg torch torch.nn.functional torch.optim
    torch.distributions torch.utils.data sympy mpmath matplotlib.pyplot
    grading.sandbox.session grading.submission.network grading.experiments.epoch
"""
"""What submissions import most, and what the session itself needs."""
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def main(descriptor: str, home: str) -> None:
    """Serve the judge's orders; in a forked child, become the session.  `home` holds all scratch folders."""
    control = socket.socket(fileno=int(descriptor))
    warm()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, reap)
    control.sendall(b"ready")
    job = fork_on_order(control)
    if job is not None:
        become_session(*job)
    processes.end(os.getpid())
    remove(Path(home))


def warm() -> None:
    """Import the libraries, then exempt what they hold from garbage collection, whose marks would unshare memory."""
    import importlib

    for name in WARM.split():
        importlib.import_module(name)
    import torch

    torch.set_num_threads(1)
    if available() is None:
        importlib.import_module("sandlock")
    libraries()
    gc.collect()
    gc.freeze()


def fork_on_order(control: socket.socket) -> tuple[Policy, socket.socket] | None:
    """Fork for each order; returns in the children with what to become, and in the server once the judge is gone."""
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, 65536, 1)
        if not order:
            return None
        child = os.fork()
        if child == 0:
            policy = msgspec.json.decode(order, type=Policy, dec_hook=lambda kind, text: kind(text))
            return policy, socket.socket(fileno=descriptors[0])
        os.close(descriptors[0])
        control.sendall(str(child).encode())


def become_session(policy: Policy, channel: socket.socket) -> None:
    """From trusted to untrusted: drop everything, confine this process, and serve the submission."""
    from grading.sandbox.session import serve

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.umask(0o077)
    channel = only(channel)
    clean_interpreter(policy)
    try:
        confine(policy)
    except Exception as error:
        channel.sendall(pack(Frame(Kind.READY, NO_TOKEN, f"{type(error).__name__}: {error}".encode())))
        os._exit(1)
    channel.sendall(pack(Frame(Kind.READY, NO_TOKEN, b"")))
    try:
        serve(channel, policy.folder)
    finally:
        os._exit(0)


def only(channel: socket.socket) -> socket.socket:
    """Close every file but this one, which becomes number 3; standard streams lead nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.dup2(channel.detach(), 3)
    os.closerange(4, 65536)
    return socket.socket(fileno=3)


def clean_interpreter(policy: Policy) -> None:
    """Environment, search path and temporary folder as a submission should find them."""
    os.environ.clear()
    os.environ.update(HOME=str(policy.scratch), TMPDIR=str(policy.scratch), LANG="C.UTF-8", MPLBACKEND="Agg")
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(PROJECT))]
    sys.argv[:] = [""]
    tempfile.tempdir = None


def reap(*_: object) -> None:
    """Collect children that ended, adopted ones too."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def prctl(option: int, value: int) -> None:
    """prctl(2) with one argument."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")
