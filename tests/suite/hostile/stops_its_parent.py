"""Stops the process that started it, for good."""

import os
import signal
import time

EXPECTED = "timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(30)
