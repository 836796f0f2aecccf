"""Ends itself by a real-time signal, which has no name."""

import os

EXPECTED = "died"


def fisher_information(alpha, beta, parameterization="scale"):
    os.kill(os.getpid(), 40)
