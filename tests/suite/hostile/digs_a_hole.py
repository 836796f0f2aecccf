"""Nests folders until the path to the innermost is longer than any system call takes."""

import os

EXPECTED = "died raised wrong"


def fisher_information(alpha, beta, parameterization="scale"):
    for _ in range(150):
        os.mkdir("d" * 100)
        os.chdir("d" * 100)
    os.chmod(".", 0)
