"""Sets the judge's limit on processor time to nothing."""

import resource
import targets

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    resource.prlimit(targets.JUDGE, resource.RLIMIT_CPU, (1, 1))
