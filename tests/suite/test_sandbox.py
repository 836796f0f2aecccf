"""The sandbox's parts, each on its own: what may be read, what is left behind, what the filter refuses."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grading.places import PROJECT
from grading.sandbox import processes
from grading.sandbox.channel import Channel
from grading.sandbox.policy import without
from grading.sandbox.scratch import remove


def test_excluded_folders_are_cut_out(tmp_path: Path) -> None:
    """What covers a tree without some of its folders covers everything else."""
    for name in ("a/x", "a/y", "b", "c/secret/deep"):
        (tmp_path / name).mkdir(parents=True)
    found = without(tmp_path, {tmp_path / "a" / "x", tmp_path / "c" / "secret"})
    assert sorted(found) == [tmp_path / "a" / "y", tmp_path / "b"]
    assert without(tmp_path / "b", {tmp_path / "a"}) == [tmp_path / "b"]


def test_removing_does_not_follow_links(tmp_path: Path) -> None:
    """Closed folders go, what links point to stays."""
    kept, gone = tmp_path / "kept", tmp_path / "gone"
    kept.mkdir(mode=0o750)
    (kept / "page").write_text("x")
    (gone / "closed" / "deep").mkdir(parents=True)
    (gone / "link").symlink_to(kept)
    (gone / "closed").chmod(0)
    remove(gone)
    remove(gone)
    assert not gone.exists()
    assert (kept / "page").read_text() == "x"
    assert kept.stat().st_mode & 0o777 == 0o750


def test_removing_reaches_what_no_path_does(tmp_path: Path) -> None:
    """Folders nested deeper than a path can name or a call stack can go, each closed, links and files in them."""
    for name, depth in (("d" * 100, 100), ("d", 1500)):
        gone = tmp_path / "gone"
        gone.mkdir()
        at = os.open(gone, os.O_RDONLY)
        for _ in range(depth):
            os.mkdir(name, dir_fd=at)
            os.symlink(tmp_path, "link", dir_fd=at)
            inner = os.open(name, os.O_RDONLY, dir_fd=at)
            os.fchmod(at, 0)
            os.close(at)
            at = inner
        os.close(at)
        remove(gone)
        assert list(tmp_path.iterdir()) == []


def test_signals_are_refused_where_landlock_cannot_fence_them() -> None:
    """On kernels before 6.12 the filter itself refuses every signal, and the kernel's own SIGIO to others."""
    program = textwrap.dedent(f"""
        import ctypes, fcntl, os, signal, sys
        sys.path.insert(0, {str(PROJECT)!r})
        from grading.sandbox import seccomp
        ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
        seccomp.install(signals=False)
        refused = 0
        for attempt in (
            lambda: os.kill(os.getppid(), 0),
            lambda: os.kill(os.getpid(), signal.SIGUSR1),
            lambda: fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid()),
        ):
            try:
                attempt()
            except PermissionError:
                refused += 1
        print(refused, fcntl.fcntl(1, fcntl.F_GETFD) >= 0)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "True"]


def test_the_number_of_a_session_that_ended_is_nobodys_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has it now is not taken for the session, and gets no signal."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    channel = Channel(child.pid, socket.socketpair()[0])
    assert channel.alive()
    child.communicate(b"\n")
    signalled: list[int] = []
    for name in ("kill", "end"):
        monkeypatch.setattr(processes, name, signalled.append)
    monkeypatch.setattr(processes, "alive", lambda pid: True)
    assert not channel.alive()
    channel.close()
    channel.close()
    assert signalled == []
    assert not Channel(child.pid, socket.socketpair()[0]).alive()
