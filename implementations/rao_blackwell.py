"""Rao-Blackwellized score gradients for mean-field q on a directed graphical model.

A model is a graph as a plain dict: every variable with its parents.  A variable on a plate carries the plate's index
in brackets, so v → z → x_n ← y_n ← (w1, w2), n = 1..N is

    {"v": [], "w1": [], "w2": [], "z": ["v"], "y[n]": ["w1", "w2"], "x[n]": ["z", "y[n]"]}

Its joint is the product of one factor a variable, p(variable | parents).  Only the factors in which z_i occurs (its
own and its children's) share its Markov blanket; the others are constants in z_i, and a score times a constant has
mean zero.  So

    ∇_{λ_i} ELBO = E_q[ ∇ log q(z_i | λ_i) ( log p_i(x, z) - log q(z_i | λ_i) ) ],  p_i = the product of those factors

has the same mean as the plain score gradient, without the variance that the other factors bring.
Ranganath, Gerrish, Blei 2014, eqs. 5-6 and appendix A.
"""

from __future__ import annotations

import re

import numpy as np
from jaxtyping import Float

Graph = dict[str, list[str]]


def factors(model: Graph, variable: str) -> list[str]:
    """The factors of the joint that contain `variable`, each named by its child, in the model's order.

    Raises:
        KeyError: `variable` or a parent is not in the model.
    """
    for name in [variable, *(parent for parents in model.values() for parent in parents)]:
        if name not in model:
            raise KeyError(f"{name} is not in the model; it has {', '.join(model)}")
    return [child for child, parents in model.items() if child == variable or variable in parents]


def gradient_draws(
    model: Graph,
    variable: str,
    log_factors: dict[str, Float[np.ndarray, "S ..."]],
    log_q: dict[str, Float[np.ndarray, "S ..."]],
    score: Float[np.ndarray, "S ... d"],
) -> Float[np.ndarray, "S ... d"]:
    """One row a draw: score · (Σ of the log factors that stay - log q of the variable); uphill for the ELBO.

    `log_factors[child]` and `log_q[latent]` are in nats at the S draws, with one axis more for each plate of the name
    (a factor of `x[n]` is (S, N)); `score` is ∇ log q(variable | λ), (S, d), or (S, N, d) on a plate.
    """
    kept = plates(variable)
    signal = sum(align(log_factors[child], plates(child), kept) for child in factors(model, variable))
    return score * (signal - log_q[variable])[..., np.newaxis]


def plates(name: str) -> list[str]:
    """The plate indices of a name: `y[n]` is on n, `y[n,m]` on n and m, `z` on none."""
    match = re.search(r"\[(.*)\]", name)
    return [index.strip() for index in match.group(1).split(",")] if match else []


def align(values: Float[np.ndarray, "S ..."], present: list[str], kept: list[str]) -> Float[np.ndarray, "S ..."]:
    """Sum over the plates that are not kept, and give one axis to each that is kept, in that order."""
    gone = tuple(1 + axis for axis, plate in enumerate(present) if plate not in kept)
    left = [plate for plate in present if plate in kept]
    order = [1 + left.index(plate) for plate in kept if plate in left]
    absent = tuple(1 + axis for axis, plate in enumerate(kept) if plate not in present)
    return np.expand_dims(values.sum(gone).transpose(0, *order), absent)
