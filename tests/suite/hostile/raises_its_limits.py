"""Lifts its own limits."""

import resource

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    for name in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):
        resource.setrlimit(name, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
