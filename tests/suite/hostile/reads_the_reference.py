"""Imports the reference solution."""

import sys
import targets

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    sys.path.insert(0, targets.PROJECT)
    for name in [each for each in sys.modules if each.startswith("implementations")]:
        del sys.modules[name]
    import implementations.gamma as reference

    return reference.fisher_information(alpha, beta, parameterization)
