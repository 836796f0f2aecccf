"""Returns an array of objects that run code where they are unpickled."""

import os
import numpy as np

EXPECTED = "returned"


def fisher_information(alpha, beta, parameterization="scale"):
    class Bomb:
        def __reduce__(self):
            return os.system, ("touch /tmp/evidence-was-here",)

    return np.array([[Bomb(), 0.0], [0.0, 1.0]], dtype=object)
