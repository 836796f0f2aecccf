"""Returns an object that runs code where it is unpickled."""

import os

EXPECTED = "returned"


def fisher_information(alpha, beta, parameterization="scale"):
    class Bomb:
        def __reduce__(self):
            return os.system, ("touch /tmp/evidence-was-here",)

    return Bomb()
