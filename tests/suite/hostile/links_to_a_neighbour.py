"""Reads a neighbour's solution through a symbolic link, a hard link and an open directory."""

import os
import targets

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    page, found = targets.NEIGHBOUR + "/implementations/gamma.py", []
    for link in (os.symlink, os.link):
        try:
            link(page, link.__name__)
            found.append(open(link.__name__).read())
        except OSError:
            pass
    raise RuntimeError("".join(found))
