"""Sends progress without end."""

import sys

EXPECTED = "returned timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    frame = sys._getframe()
    while "listen" not in frame.f_locals:
        frame = frame.f_back
    while True:
        frame.f_locals["listen"](b"\x81\xa4step\x01")
