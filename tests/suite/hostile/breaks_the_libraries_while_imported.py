"""Empties numpy for every module that comes after it."""

import sys

import numpy as np

EXPECTED = "died"

for name in list(vars(np)):
    if not name.startswith("_"):
        setattr(np, name, None)
sys.modules["scipy"] = None


def fisher_information(alpha, beta, parameterization="scale"):
    return [[1.0, 0.0], [0.0, 1.0]]
