"""Leaves a process behind that changes its session, forks again and stays."""

import os
import signal
import time
import numpy as np

EXPECTED = "wrong"


def fisher_information(alpha, beta, parameterization="scale"):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            time.sleep(3600)
        os._exit(0)
    return np.eye(2)
