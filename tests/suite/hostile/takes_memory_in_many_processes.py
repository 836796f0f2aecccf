"""Stays below the limit in each of many processes."""

import os
import time
import numpy as np

EXPECTED = "died timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    for _ in range(30):
        if os.fork() == 0:
            hoard = np.ones(2**24)
            time.sleep(60)
    time.sleep(60)
