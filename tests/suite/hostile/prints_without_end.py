"""Writes to both standard streams without end."""

import sys

EXPECTED = "timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    while True:
        print("x" * 2**16)
        print("x" * 2**16, file=sys.stderr)
