"""Returns a list that contains itself."""

EXPECTED = "returned"


def fisher_information(alpha, beta, parameterization="scale"):
    value = []
    value.append(value)
    return value
