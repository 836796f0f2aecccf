"""Brings code that Python runs when it starts."""

EXPECTED = "wrong"


def fisher_information(alpha, beta, parameterization="scale"):
    return None
