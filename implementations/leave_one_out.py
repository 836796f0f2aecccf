"""Score-function gradients whose baseline is the mean of the other draws (RLOO), and their twin VarGrad.

For f_s = log p(x, z_s) - log q(z_s) and h_s = ∇_λ log q(z_s), s = 1..S,

    (1/S) Σ_s (f_s - mean_{r≠s} f_r) h_s  =  1/(S-1) Σ_s (f_s - mean f) h_s

has mean ∇_λ ELBO: the baseline of a draw does not depend on it, and E[h] = 0.  It is also minus the gradient of the
log-variance loss ½ Var[f] with the 1/(S-1) variance, taken at fixed draws (VarGrad).
Salimans, Knowles 2014; Kool, van Hoof, Welling 2019 (RLOO); Richter et al. 2020 (VarGrad).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def gradient_draws(f: Float[np.ndarray, " S"], score: Float[np.ndarray, "S d"]) -> Float[np.ndarray, "S d"]:
    """Rows (f_s - mean of the others) h_s, whose mean is unbiased for ∇ ELBO.

    Raises:
        ValueError: fewer than two draws.
    """
    S = len(f)
    if S < 2:
        raise ValueError("leave-one-out baselines need at least two draws")
    return ((f - f.mean()) * S / (S - 1))[:, np.newaxis] * score


def log_variance_loss(f: Float[np.ndarray, " S"]) -> float:
    """½ Var[log q/p], with the 1/(S-1) variance; its gradient through f at fixed draws is -(mean of the rows)."""
    return float(0.5 * np.var(f, ddof=1))
