"""Overflows the C stack."""

import sys

EXPECTED = "raised died"


def fisher_information(alpha, beta, parameterization="scale"):
    class Nested:
        def __repr__(self):
            return "".join(map(repr, [self]))

    sys.setrecursionlimit(10**9)
    return repr(Nested())
