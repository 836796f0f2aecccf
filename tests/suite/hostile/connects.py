"""Sends what it saw over TCP."""

import socket
import targets

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    wire = socket.create_connection(("127.0.0.1", targets.PORT), timeout=2)
    wire.sendall(b"hello")
