"""Returns text that would be code if it were evaluated."""

EXPECTED = "wrong returned"


def fisher_information(alpha, beta, parameterization="scale"):
    return "__import__('os').system('touch /tmp/evidence-was-here')"
