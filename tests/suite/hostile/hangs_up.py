"""Closes every open file."""

import os
import time

EXPECTED = "died timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    os.closerange(0, 256)
    time.sleep(30)
