"""Brings a torch of its own."""

import torch

EXPECTED = "wrong"


def fisher_information(alpha, beta, parameterization="scale"):
    return torch.eye(2)
