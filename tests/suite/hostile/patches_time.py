"""Stops the clocks, then takes for ever."""

import time

EXPECTED = "timeout"


time.time = time.monotonic = time.perf_counter = time.process_time = lambda: 0.0


def fisher_information(alpha, beta, parameterization="scale"):
    while True:
        pass
