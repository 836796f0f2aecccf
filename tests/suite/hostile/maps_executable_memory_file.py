"""Runs a program from memory."""

import os

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    os.memfd_create("program")
