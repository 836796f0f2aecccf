"""Returns a tensor of 8 TB that is one number in memory."""

import torch

EXPECTED = "raised returned"


def fisher_information(alpha, beta, parameterization="scale"):
    return torch.zeros(()).expand(10**6, 10**6)
