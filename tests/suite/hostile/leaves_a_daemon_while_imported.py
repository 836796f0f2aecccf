"""Starts a process while it is imported that outlives all checks and steals the judge's questions."""

import os
import time

EXPECTED = "missing"

if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(1)
        while True:
            os.read(3, 1)
    os._exit(0)
