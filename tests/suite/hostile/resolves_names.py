"""Sends what it saw in a DNS query."""

import socket

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    socket.getaddrinfo("seen.example.org", 80)
