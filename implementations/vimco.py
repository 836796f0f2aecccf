"""VIMCO: a score-function gradient of the IWAE bound L_K, for draws that cannot be reparameterized.

With L = log (1/K) Σ_k w_k, each draw's learning signal is L minus the same bound with its own weight replaced by the
geometric mean of the others:

    ∇ L_K = E[ Σ_k (L - L_{-k}) ∇ log q(z_k) + Σ_k w̃_k ∇ log w_k ],
    L_{-k} = log (1/K) (Σ_{j≠k} w_j + exp(mean_{j≠k} log w_j))

where ∇ log w_k is taken at fixed z_k, and is -∇ log q(z_k) for parameters of q alone.
Mnih, Rezende 2016, eqs. 7-10.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp, softmax


def learning_signals(log_w: Float[np.ndarray, "B K"]) -> Float[np.ndarray, "B K"]:
    """L - L_{-k} in nats for every draw.

    Raises:
        ValueError: fewer than two draws a row.
    """
    K = log_w.shape[1]
    if K < 2:
        raise ValueError("VIMCO's baseline needs at least two draws")
    others = (log_w.sum(1, keepdims=True) - log_w) / (K - 1)
    replaced = np.repeat(log_w[:, np.newaxis], K, axis=1)  # (B, K, K): row k has its own weight replaced
    replaced[:, np.arange(K), np.arange(K)] = others
    return logsumexp(log_w, axis=1)[:, np.newaxis] - logsumexp(replaced, axis=2)


def gradient_draws(log_w: Float[np.ndarray, "B K"], score: Float[np.ndarray, "B K d"]) -> Float[np.ndarray, "B d"]:
    """One unbiased gradient of L_K in the parameters of q a row, from scores ∇ log q(z_k)."""
    signals = learning_signals(log_w) - softmax(log_w, axis=1)
    return np.einsum("bk,bkd->bd", signals, score)
