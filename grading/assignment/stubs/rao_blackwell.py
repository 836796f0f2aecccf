"""2.1.12: Rao-Blackwellized score gradients on a directed graphical model. Arrays are numpy; logs are natural.

A model is a dict from each variable to the list of its parents. A variable on a plate carries the plate's index in
brackets: v -> z -> x_n <- y_n <- (w1, w2), n = 1..N, is

    {"v": [], "w1": [], "w2": [], "z": ["v"], "y[n]": ["w1", "w2"], "x[n]": ["z", "y[n]"]}

There is one plate at most, and a variable off it has no parent on it.
Each variable brings one factor p(variable | parents) to the joint (on a plate: one for each n), named by the variable.
q is mean-field over the latent variables.
"""

import numpy as np
from jaxtyping import Float


def factors(model: dict[str, list[str]], variable: str) -> list[str]:
    """The names of the factors of the joint that stay in the gradient for `variable`: a list in any order, or a set."""
    raise NotImplementedError


def gradient_draws(
    model: dict[str, list[str]],
    variable: str,
    log_factors: dict[str, Float[np.ndarray, "S ..."]],
    log_q: dict[str, Float[np.ndarray, "S ..."]],
    score: Float[np.ndarray, "S ... d"],
) -> Float[np.ndarray, "S ... d"]:
    """The Rao-Blackwellized gradient of the ELBO in the parameters of q(variable), one row a draw, uphill.

    `log_factors[name]` holds the log factor at each of S draws from q: (S,), or (S, N) for a name on a plate of size N.
    `log_q[name]` likewise, for the latent variables. `score` is the gradient of log q(variable) in its d parameters:
    (S, d), or (S, N, d) for a variable on a plate, whose n-th parameters are those of its n-th copy.
    """
    raise NotImplementedError
