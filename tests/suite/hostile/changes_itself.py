"""Rewrites its own file for the next check."""

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    with open(__file__, "w") as page:
        page.write("")
