"""Reads address 0."""

import ctypes

EXPECTED = "died"


def fisher_information(alpha, beta, parameterization="scale"):
    ctypes.string_at(0)
