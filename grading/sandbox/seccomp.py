"""System calls that submitted code has no business with, refused by a seccomp filter (see seccomp(2), bpf(2)).

Landlock guards files, signals and ptrace.  The filter adds what Landlock does not see: sockets, new programs,
permissions, times, flags and leases of files, other processes' priorities and limits, shared memory, queues and
semaphores, namespaces, kernel interfaces.
A refused call fails with EPERM; `clone3` fails with ENOSYS, whereupon the C library falls back on `clone`, whose flags
a filter can read.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

REFUSED = """
    ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, pidfd_open 434 434, pidfd_getfd 438 438,
    pidfd_send_signal 424 424, kcmp 312 272, process_madvise 440 440, execve 59 221, execveat 322 281, socket 41 198,
    connect 42 203, bind 49 200, mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, unshare 272 97,
    setns 308 268, open_tree 428 428, move_mount 429 429, fsopen 430 430, fsconfig 431 431, fsmount 432 432,
    fspick 433 433, mount_setattr 442 442, name_to_handle_at 303 264, open_by_handle_at 304 265, bpf 321 280,
    perf_event_open 298 241, userfaultfd 323 282, io_uring_setup 425 425, io_uring_enter 426 426,
    io_uring_register 427 427, add_key 248 217, request_key 249 218, keyctl 250 219, shmget 29 194, shmat 30 196,
    shmctl 31 195, msgget 68 186, msgsnd 69 189, msgrcv 70 188, msgctl 71 187, semget 64 190, semop 65 193,
    semctl 66 191, semtimedop 220 192, mq_open 240 180, mq_unlink 241 181, memfd_create 319 279, memfd_secret 447 447,
    inotify_init 253 -1, inotify_init1 294 26, fanotify_init 300 262, chmod 90 -1, fchmod 91 52, fchmodat 268 53,
    fchmodat2 452 452, chown 92 -1, fchown 93 55, lchown 94 -1, fchownat 260 54, utime 132 -1, utimes 235 -1,
    futimesat 261 -1, utimensat 280 88, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, removexattr 197 14,
    lremovexattr 198 15, fremovexattr 199 16, setxattrat 463 463, removexattrat 466 466, file_setattr 469 469,
    mknod 133 -1, mknodat 259 33, setpriority 141 140, sched_setparam 142 118, sched_setscheduler 144 119,
    sched_setaffinity 203 122, sched_setattr 314 274, ioprio_set 251 30, migrate_pages 256 238, move_pages 279 239,
    init_module 175 105, finit_module 313 273, delete_module 176 106, kexec_load 246 104, kexec_file_load 320 294,
    reboot 169 142, swapon 167 224, swapoff 168 225, acct 163 89, quotactl 179 60, quotactl_fd 443 443, syslog 103 116,
    settimeofday 164 170, clock_settime 227 112, adjtimex 159 171, clock_adjtime 305 266, sethostname 170 161,
    setdomainname 171 162, iopl 172 -1, ioperm 173 -1, modify_ldt 154 -1, vhangup 153 58, personality 135 92
"""
"""Name, number on x86-64, number on arm64 (-1: not there)."""

SIGNALS = "kill 62 129, tkill 200 130, tgkill 234 131, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240"
"""Refused too where Landlock does not fence off signals."""

CLONE, CLONE3, PRCTL, PRLIMIT, FCNTL, IOCTL, SOCKETPAIR = {
    "x86_64": (56, 435, 157, 302, 72, 16, 53),
    "aarch64": (220, 435, 167, 261, 25, 29, 199),
}.get(platform.machine(), (0,) * 7)
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NEW_NAMESPACES = 0x7E020000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER = 1, 4, 22, 36
NOTIFYING = 8, 15, 1024, 1026
"""F_SETOWN, F_SETOWN_EX, F_SETLEASE, F_NOTIFY: whom the kernel sends SIGIO, and who must wait to open a file."""
FIRST_IOCTL, LAST_IOCTL = 0x5400, 0x54FF
"""Those of descriptors and terminals, such as FIONBIO and TCGETS.  Others change what belongs to a file, its flags
too, through a descriptor that may only read."""
UNIX, UNCONNECTED = 1, 2
"""AF_UNIX, and the bit of SOCK_DGRAM and SOCK_RAW: one end of such a pair can send to any Unix socket there is."""
X32 = 0x40000000

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000
NUMBER, ARCH, FIRST, SECOND = 0, 4, 16, 24
"""Opcodes and offsets of classic BPF over `struct seccomp_data`."""


Line = tuple[int, int, int, int]
"""One instruction: code, jump if true, jump if false, operand."""


class Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def supported() -> bool:
    """Is this a processor whose call numbers are listed here?"""
    return platform.machine() in AUDIT_ARCH


def numbers(calls: str) -> list[int]:
    """The calls' numbers on this processor."""
    column = 1 if platform.machine() == "x86_64" else 2
    return [n for each in calls.split(",") if (n := int(each.split()[column])) >= 0]


def install(signals: bool) -> None:
    """Put the filter on this thread and all it will start.  It needs no_new_privs and cannot be undone.

    `signals` says whether signals may be sent, because something else fences them off.
    """
    code = program(numbers(REFUSED if signals else f"{REFUSED},{SIGNALS}"))
    libc = ctypes.CDLL(None, use_errno=True)
    block = Program(len(code) // 8, code)
    if libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(block), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def program(refused: list[int]) -> bytes:
    """The filter: a foreign architecture kills, a refused call fails, anything else passes."""
    fail = RETURN, 0, 0, refuse(errno.EPERM)
    lines = [(LOAD, 0, 0, ARCH), (EQUAL, 1, 0, AUDIT_ARCH[platform.machine()]), (RETURN, 0, 0, KILL)]
    lines += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, X32), fail]
    for number in refused:
        lines += [(EQUAL, 0, 1, number), fail]
    lines += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, refuse(errno.ENOSYS))]
    lines += on_argument(CLONE, [(ANY_BIT, 0, 1, NEW_NAMESPACES), fail])
    lines += on_argument(PRLIMIT, [(EQUAL, 1, 0, 0), fail])
    lines += on_argument(PRCTL, one_of((PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER)))
    lines += on_argument(FCNTL, one_of(NOTIFYING), SECOND)
    lines += on_argument(IOCTL, [(AT_LEAST, 1, 0, LAST_IOCTL + 1), (AT_LEAST, 1, 0, FIRST_IOCTL), fail], SECOND)
    stream = [(EQUAL, 1, 0, UNIX), fail, (LOAD, 0, 0, SECOND), (ANY_BIT, 0, 1, UNCONNECTED), fail]
    lines += on_argument(SOCKETPAIR, stream)
    lines.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)


def on_argument(number: int, test: list[Line], argument: int = FIRST) -> list[Line]:
    """For one call, run `test` on the low word of an argument; what it lets through is allowed."""
    return [(EQUAL, 0, len(test) + 2, number), (LOAD, 0, 0, argument), *test, (RETURN, 0, 0, ALLOW)]


def one_of(values: tuple[int, ...]) -> list[Line]:
    """A test that refuses these values."""
    return [line for value in values for line in ((EQUAL, 0, 1, value), (RETURN, 0, 0, refuse(errno.EPERM)))]


def refuse(code: int) -> int:
    """SECCOMP_RET_ERRNO."""
    return 0x00050000 | code
