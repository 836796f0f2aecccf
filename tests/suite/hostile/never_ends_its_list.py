"""Returns a list whose iterator never ends."""

EXPECTED = "timeout raised died"


def fisher_information(alpha, beta, parameterization="scale"):
    class Endless(list):
        def __iter__(self):
            while True:
                yield 1.0

    return Endless()
