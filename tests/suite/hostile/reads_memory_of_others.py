"""Reads the judge's memory through /proc and through the kernel."""

import ctypes
import targets

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, targets.JUDGE, 0, 0) == 0:
        return "attached"
    open(f"/proc/{targets.JUDGE}/mem", "rb")
