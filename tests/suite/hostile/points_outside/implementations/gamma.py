"""Names files outside its folder as its modules."""

EXPECTED = "missing"


def fisher_information(alpha, beta, parameterization="scale"):
    return None
