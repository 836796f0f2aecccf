"""Starts threads until none can be had."""

import threading
import time

EXPECTED = "raised died timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
