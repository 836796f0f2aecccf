"""Other correct ways to the Gamma family, its Fisher matrix and natural gradient; the Markov blanket."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from scipy import stats
from scipy.special import digamma, polygamma

from implementations import gamma, rao_blackwell
from implementations.gamma import Parameterization
from tests.suite.corpus import target

natural = target("2.2.14", "gamma.natural_parameters")
statistics = target("2.2.14", "gamma.sufficient_statistics")
partition = target("2.2.14", "gamma.log_partition")
partition_gradient = target("2.2.14", "gamma.log_partition_gradient")
natural_gradient = target("2.2.15", "gamma.natural_gradient")
fisher = target("2.2.16", "gamma.fisher_information")
loss = target("2.2.17", "gamma.negative_log_likelihood")
slope = target("2.2.17", "gamma.negative_log_likelihood_gradient")
factors = target("2.1.12", "rao_blackwell.factors")
rows = target("2.1.12", "rao_blackwell.gradient_draws")

natural.right(
    "a list, scale only",
    lambda a, b, parameterization="scale": [a - 1.0, -1.0 / b if parameterization == "scale" else -b],
)
statistics.right("columns", lambda x: np.column_stack((np.log(x), x)))
statistics.right("one point after the other", lambda x: [[math.log(v), float(v)] for v in x])
partition.right("math.lgamma", lambda eta: math.lgamma(eta[0] + 1) + (eta[0] + 1) * math.log(-1 / eta[1]))
partition.right("an array with one entry", lambda eta: np.array([gamma.log_partition(eta)]))


def gradient_by_autodiff(eta: Any) -> np.ndarray:
    free = torch.tensor(np.asarray(eta, dtype=float), requires_grad=True)
    value = torch.lgamma(free[0] + 1) - (free[0] + 1) * torch.log(-free[1])
    return torch.autograd.grad(value, free)[0].numpy()


partition_gradient.right("automatic differentiation", gradient_by_autodiff)
partition_gradient.right(
    "by way of alpha and the scale",
    lambda eta: np.array([digamma(eta[0] + 1) + np.log(-1 / eta[1]), (eta[0] + 1) * (-1 / eta[1])]),
)
fisher.right(
    "Jᵀ F(eta) J",
    lambda a, b, parameterization="scale": (
        (J := np.diag([1.0, 1 / b**2 if parameterization == "scale" else -1.0])).T
        @ (
            np.array([[polygamma(1, a), b], [b, a * b**2]])
            if parameterization == "scale"
            else np.array([[polygamma(1, a), 1 / b], [1 / b, a / b**2]])
        )
        @ J
    ),
)
fisher.right(
    "nested lists",
    lambda a, b, parameterization="scale": gamma.fisher_information(a, b, parameterization).tolist(),
)
natural_gradient.right(
    "np.linalg.solve",
    lambda g, a, b, parameterization="scale": np.linalg.solve(gamma.fisher_information(a, b, parameterization), g),
)
natural_gradient.right(
    "the inverse matrix",
    lambda g, a, b, parameterization="scale": (
        np.linalg.inv(gamma.fisher_information(a, b, parameterization)) @ np.asarray(g)
    ),
)
loss.right(
    "scipy's density",
    lambda x, a, b, parameterization="scale": float(
        -stats.gamma.logpdf(x, a, scale=b if parameterization == "scale" else 1 / b).mean()
    ),
)
loss.right(
    "a sum over the points",
    lambda x, a, b, parameterization="scale": (
        sum(math.lgamma(a) + a * math.log(s) - (a - 1) * math.log(v) + v / s for v in x) / len(x)
        if (s := b if parameterization == "scale" else 1 / b)
        else 0.0
    ),
)
slope.right(
    "written out",
    lambda x, a, b, parameterization="scale": np.array(
        [
            digamma(a) + np.log(b if parameterization == "scale" else 1 / b) - np.log(x).mean(),
            a / b - np.mean(x) / b**2 if parameterization == "scale" else np.mean(x) - a / b,
        ]
    ),
)


def slope_by_autodiff(x: Any, a: float, b: float, parameterization: Parameterization = "scale") -> np.ndarray:
    free = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
    rate = 1 / free[1] if parameterization == "scale" else free[1]
    value = -torch.distributions.Gamma(free[0], rate).log_prob(torch.from_numpy(np.asarray(x, dtype=float))).mean()
    return torch.autograd.grad(value, free)[0].numpy()


slope.right("automatic differentiation", slope_by_autodiff)

factors.right("children first", lambda m, v: [*[c for c in m if v in m[c]], v])
factors.right("a set", lambda m, v: {v, *(c for c in m if v in m[c])})
factors.right("sorted by name", lambda m, v: sorted(rao_blackwell.factors(m, v)))


def summed_factors(model: Any, variable: str, log_factors: Any, log_q: Any, score: Any) -> np.ndarray:
    """Every factor brought to (S, 1) or (S, N) and summed, in a loop."""
    on_plate = "[" in variable
    signal = -np.asarray(log_q[variable])
    for name in rao_blackwell.factors(model, variable):
        value = np.asarray(log_factors[name])
        if value.ndim == 2 and not on_plate:
            value = value.sum(axis=1)
        signal = signal + (value[:, None] if on_plate and value.ndim == 1 else value)
    return np.asarray(score) * signal[..., None]


rows.right("a loop over the factors", summed_factors)
