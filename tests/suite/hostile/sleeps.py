"""Sleeps for an hour."""

import time

EXPECTED = "timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    time.sleep(3600)
