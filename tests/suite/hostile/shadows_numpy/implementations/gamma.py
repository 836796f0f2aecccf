"""Brings a numpy of its own, which the other modules would import."""

import numpy as np

EXPECTED = "wrong"


def fisher_information(alpha, beta, parameterization="scale"):
    return np.eye(2)
