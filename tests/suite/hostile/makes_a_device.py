"""Makes a device node for the disk."""

import os

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    os.mknod("disk", 0o60666, os.makedev(254, 0))
