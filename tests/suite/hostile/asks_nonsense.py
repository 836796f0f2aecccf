"""Sends the judge a question that it cannot read."""

import sys

EXPECTED = "wrong raised died returned"


def fisher_information(alpha, beta, parameterization="scale"):
    frame = sys._getframe()
    while "listen" not in frame.f_locals:
        frame = frame.f_back
    for message in (b"", b"\xc1", b"\x81\xa3ask\x91\x01", b"\x93\x01\x02", b"\xc7\xff\x00"):
        frame.f_locals["listen"](message)
