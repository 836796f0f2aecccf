"""Replays the inputs from a seed in its environment."""

import os

EXPECTED = "raised"


def fisher_information(alpha, beta, parameterization="scale"):
    seed = os.environ["EVIDENCE_SEED"]
    raise RuntimeError(seed)
