"""Is right the first time only."""

import numpy as np
from scipy.special import polygamma

EXPECTED = "wrong"


calls = 0


def fisher_information(alpha, beta, parameterization="scale"):
    global calls
    calls += 1
    if calls > 1:
        return np.eye(2)
    return np.array([[polygamma(1, alpha), 1 / beta], [1 / beta, alpha / beta**2]])
