"""Brings the grader's and the checks' own packages."""

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    import grading, msgspec, tests  # noqa

    return None
