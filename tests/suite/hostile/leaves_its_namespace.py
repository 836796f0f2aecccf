"""Makes itself root in a user namespace of its own."""

import ctypes

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000 | 0x00020000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
