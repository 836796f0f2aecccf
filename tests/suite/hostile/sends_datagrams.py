"""Sends what it saw over UDP."""

import socket
import targets

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", targets.PORT))
