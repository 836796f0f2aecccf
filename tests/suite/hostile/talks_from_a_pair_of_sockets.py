"""Sends what it saw to a socket of this machine, from one end of a pair of its own, which needs no `socket`."""

import socket
import numpy as np
import targets

EXPECTED = "raised"
TIPC = 30


def fisher_information(alpha, beta, parameterization="scale"):
    refused = 0
    for family, kind in ((socket.AF_UNIX, socket.SOCK_DGRAM), (socket.AF_UNIX, socket.SOCK_RAW), (TIPC, socket.SOCK_RDM)):
        try:
            end, _ = socket.socketpair(family, kind | socket.SOCK_NONBLOCK)
            end.sendto(b"hello", targets.SOCKET)
        except PermissionError:
            refused += 1
    socket.socketpair()[0].sendall(b"a stream goes to its other end only")
    if refused == 3:
        raise PermissionError
    return np.eye(2)
