"""Kills every process that it may."""

import os
import signal
import time

EXPECTED = "died timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    os.kill(-1, signal.SIGKILL)
    time.sleep(30)
