"""Returns 200 MB."""

import numpy as np

EXPECTED = "returned raised"


def fisher_information(alpha, beta, parameterization="scale"):
    return np.zeros((5000, 5000))
