"""Raises an error whose text never comes."""

EXPECTED = "timeout"


def fisher_information(alpha, beta, parameterization="scale"):
    class Endless(Exception):
        def __str__(self):
            while True:
                pass

    raise Endless
