"""Returns lists in lists, ten thousand deep."""

EXPECTED = "returned"


def fisher_information(alpha, beta, parameterization="scale"):
    value = []
    for _ in range(10_000):
        value = [value]
    return value
