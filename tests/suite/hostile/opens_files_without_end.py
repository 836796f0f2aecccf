"""Opens files until none can be had."""

import os

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    hoard = []
    while True:
        hoard.append(open(os.devnull))
