"""Takes memory that its processes could share, in many of them, and little that is their own."""

import mmap
import os
import time

EXPECTED = "died"
SIZE = 60 * 2**20


def fisher_information(alpha, beta, parameterization="scale"):
    for _ in range(15):
        if os.fork() == 0:
            hoard = mmap.mmap(-1, SIZE)
            for start in range(0, SIZE, mmap.PAGESIZE):
                hoard[start] = 1
            time.sleep(60)
    time.sleep(10)
