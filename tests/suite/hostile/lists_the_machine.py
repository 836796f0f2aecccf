"""Lists folders that are not its own."""

import os
import targets

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    raise RuntimeError(str([os.listdir(folder) for folder in ("/", "/tmp", "/home", targets.PROJECT)]))
