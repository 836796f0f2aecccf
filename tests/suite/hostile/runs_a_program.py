"""Starts a shell."""

import subprocess

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    return subprocess.run(["/bin/sh", "-c", "echo $0"]).returncode
