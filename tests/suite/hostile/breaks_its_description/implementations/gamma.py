"""Its submission.toml is not TOML."""

EXPECTED = "missing"


def fisher_information(alpha, beta, parameterization="scale"):
    return None
