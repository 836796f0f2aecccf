"""Talks to services on this machine through Unix sockets."""

import socket

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket")
