"""Apply a policy to the current process, for good.

Landlock comes from `sandlock`, the system call filter from `seccomp`, the rest is setrlimit(2).  Measured on Linux
6.18: `sandlock.confine` takes 2 ms on a process that is already running, needs no privilege, no helper program and no
namespace, so a forked copy of a warm interpreter can confine itself.  The alternatives start a new program instead
(`bwrap` 8 ms, `sandlock run` 13 ms), which then pays four seconds for importing torch; bubblewrap moreover is a binary
that a machine may lack, and wants user namespaces, which some distributions forbid.

A grader that runs as root must not run submitted code as root: each process gets a user id of its own, under which
nothing else runs, and keeps only the capability to read what Landlock lets it read (the interpreter may lie in a
folder that is closed to others).
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys

from grading.sandbox import seccomp
from grading.sandbox.policy import Isolation, Limits, Policy
from grading.sandbox.processes import tasks_of_user

PR_SET_KEEPCAPS = 8
CAPABILITY_VERSION_3, DAC_READ_SEARCH = 0x20080522, 1 << 2
FIRST_USER = 1_500_000_000
"""User ids from here on, one a process, are nobody's."""
LANDLOCK_NEEDED, LANDLOCK_FOR_SIGNALS = 3, 6
"""The versions that control truncation (Linux 6.2) and fence off signals (6.12)."""
COVERED = (2, 3, 4, 5)
"""Network, devices' ioctl, signals, abstract sockets: what older Landlock lacks and seccomp, then, refuses."""
SHARED_USER_MARGIN = 256


class SandboxUnavailable(Exception):
    """This machine cannot confine submitted code; the message says why and what to do."""


def available() -> str | None:
    """None where this machine can confine submitted code, else the reason."""
    if sys.platform != "linux":
        return f"the sandbox needs Linux, this is {sys.platform}"
    if not seccomp.supported():
        return "the sandbox knows x86-64 and arm64 processors only"
    import sandlock

    version = sandlock.landlock_abi_version()
    if version < LANDLOCK_NEEDED:
        return f"the kernel offers Landlock version {version}, the sandbox needs {LANDLOCK_NEEDED} (Linux 6.2)"
    return None


def confine(policy: Policy) -> None:
    """Fence this process in: limits, an unprivileged user, Landlock, seccomp.  Call it with one thread running."""
    os.chdir(policy.scratch)
    alone = policy.isolation is Isolation.SANDBOX and os.geteuid() == 0
    limit(policy.limits, tasks_around=0 if alone else tasks_of_user(os.getuid()) + SHARED_USER_MARGIN)
    if alone:
        become_nobody(policy)
    die_with_parent()
    if policy.isolation is Isolation.PROCESS:
        return
    import sandlock

    readable = [str(path) for path in policy.readable()]
    box = sandlock.Sandbox(fs_readable=readable, fs_writable=[str(policy.scratch)], allow_degraded=COVERED)
    sandlock.confine(box)
    seccomp.install(signals=sandlock.landlock_abi_version() >= LANDLOCK_FOR_SIGNALS)


def limit(limits: Limits, tasks_around: int) -> None:
    """Hard limits of this process and its children.  Those on tasks count all that the user runs: `tasks_around`."""
    hard = {
        resource.RLIMIT_AS: address_space() + limits.memory,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.tasks + tasks_around,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for name, value in hard.items():
        ceiling = resource.getrlimit(name)[1]
        value = value if ceiling == resource.RLIM_INFINITY else min(value, ceiling)
        resource.setrlimit(name, (value, value))


def address_space() -> int:
    """Bytes of address space that this process has mapped already (torch alone maps several GB)."""
    with open("/proc/self/statm") as page:
        return int(page.read().split()[0]) * resource.getpagesize()


def die_with_parent() -> None:
    """SIGKILL where the fork server dies; a change of user would undo this, so it comes after that."""
    ctypes.CDLL(None).prctl(seccomp.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def become_nobody(policy: Policy) -> None:
    """Root only: change to a user id that nothing else has, keeping one capability, that to read."""
    user = FIRST_USER + os.getpid()
    os.chown(policy.scratch, user, user)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    header = struct.pack("<Ii", CAPABILITY_VERSION_3, 0)
    sets = struct.pack("<6I", DAC_READ_SEARCH, DAC_READ_SEARCH, 0, 0, 0, 0)
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset failed")
