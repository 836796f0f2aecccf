"""Writes bytes that are no frame to the socket."""

import os
import time

EXPECTED = "returned died"


def fisher_information(alpha, beta, parameterization="scale"):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, b"\xff" * 4096)
        except OSError:
            pass
    time.sleep(30)
