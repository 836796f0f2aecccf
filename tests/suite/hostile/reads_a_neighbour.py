"""Copies a neighbour's solution."""

import targets

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    raise RuntimeError(open(targets.NEIGHBOUR + "/implementations/gamma.py").read())
