"""Holds source text that would take the compiler's stack."""

EXPECTED = "raised missing died"

TEXT = "(" * 100_000 + ")" * 100_000


def fisher_information(alpha, beta, parameterization="scale"):
    return eval("-" * 1_000_000 + "1") or eval(TEXT)
