"""Kills the process that started it."""

import os
import signal
import time

EXPECTED = "died"


def fisher_information(alpha, beta, parameterization="scale"):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(30)
