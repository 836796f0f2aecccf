"""Ignores every signal that can be ignored, and stays."""

import signal
import time

EXPECTED = "timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(60)
