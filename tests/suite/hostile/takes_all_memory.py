"""Takes memory until none is left."""

import numpy as np

EXPECTED = "raised died timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    hoard = []
    while True:
        hoard.append(np.ones(2**24))
