"""Catoni's influence function and the supermartingales built on it.

phi(x) = sign(x) log(1 + |x| + x^2/2) is odd and increasing, and exp(phi(x)) <= 1 + x + x^2/2, so that for
E X = 0 and Var X <= 1

    E exp(± phi(lambda X)) <= 1 + lambda^2/2        for every lambda:

two moments suffice; neither boundedness nor a central limit theorem is used.
Catoni 2012; Wang & Ramdas 2023, "Catoni-style confidence sequences for heavy-tailed mean estimation".
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp


def phi(x: np.ndarray) -> np.ndarray:
    """sign(x) log(1 + |x| + x²/2), elementwise."""
    magnitude = np.abs(x)
    return np.copysign(np.log1p(magnitude + magnitude**2 / 2), x)


def bets(detect: float) -> np.ndarray:
    """lambda_g = min(2^g detect, 1), shape (G,): small bets find small discrepancies, large ones big ones.

    For a discrepancy of b standard deviations the best bet is close to b.
    """
    return np.unique(np.minimum(detect * 2.0 ** np.arange(6), 1.0))


def cost(lam: np.ndarray | float, n: int) -> np.ndarray:
    """log of (1 + lambda²/2)^n: what a bet has to win back."""
    return n * np.log1p(np.square(lam) / 2)


def log_mean_exp(x: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """log of the average of exp(x): the average of e-values is an e-value, whatever their dependence."""
    axes = (axis,) if isinstance(axis, int) else axis
    return logsumexp(x, axis=axes) - np.log(np.prod([x.shape[a] for a in axes]))
