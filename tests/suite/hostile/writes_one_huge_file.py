"""Writes one file without end."""

EXPECTED = "raised died"


def fisher_information(alpha, beta, parameterization="scale"):
    with open("huge.bin", "wb") as page:
        while True:
            page.write(bytes(2**24))
