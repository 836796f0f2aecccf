"""Raises what Ctrl-C raises."""

EXPECTED = "died"


def fisher_information(alpha, beta, parameterization="scale"):
    raise KeyboardInterrupt
