"""Mistakes in the Gamma's loss and gradient (2.2.17) and in the two descents (2.2.18)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from implementations import gamma
from implementations.gamma import Parameterization
from tests.suite.corpus import target

loss = target("2.2.17", "gamma.negative_log_likelihood")
slope = target("2.2.17", "gamma.negative_log_likelihood_gradient")
descent = target("2.2.18", "gamma.gradient_descent")
natural_descent = target("2.2.18", "gamma.natural_gradient_descent")


def loss_plus(change: Any) -> Any:
    """The loss plus change(x, alpha, beta, scale)."""

    def wrong(x: Any, alpha: float, beta: float, parameterization: Parameterization = "scale") -> float:
        scale = beta if parameterization == "scale" else 1 / beta
        right = gamma.negative_log_likelihood(x, alpha, beta, parameterization)
        return float(right + change(np.asarray(x), alpha, beta, scale))

    return wrong


loss.wrong(
    "the sign", "The *negative* log likelihood is asked for.", lambda *a, **k: -gamma.negative_log_likelihood(*a, **k)
)
loss.wrong(
    "the sum instead of the mean",
    "The average over the data is asked for.",
    lambda x, *a, **k: len(x) * gamma.negative_log_likelihood(x, *a, **k),
)
loss.wrong(
    "the other parameterization",
    "beta is a scale unless asked otherwise: x is divided by it.",
    lambda x, a, b, parameterization="scale": gamma.negative_log_likelihood(x, a, 1 / b, parameterization),
)
loss.wrong(
    "log Γ is missing",
    "log Γ(alpha) depends on alpha and cannot be dropped.",
    loss_plus(lambda x, a, b, scale: -gammaln(a)),
)
loss.wrong(
    "alpha log beta is missing",
    "The normaliser Γ(alpha) beta^alpha has alpha log beta in its logarithm.",
    loss_plus(lambda x, a, b, scale: -a * np.log(scale)),
)
loss.wrong(
    "the sign of alpha log beta",
    "-log p has + alpha log(scale).",
    loss_plus(lambda x, a, b, scale: -2 * a * np.log(scale)),
)
loss.wrong(
    "alpha instead of alpha - 1",
    "The density has x to the power alpha - 1.",
    loss_plus(lambda x, a, b, scale: -np.log(x).mean()),
)
loss.wrong(
    "the logarithm of the mean",
    "The mean of log x is needed, not the log of the mean.",
    loss_plus(lambda x, a, b, scale: (a - 1) * (np.log(x).mean() - np.log(x.mean()))),
)
loss.wrong(
    "zeros are guarded by a constant",
    "log(x + 1e-3) is not log x; the data are positive.",
    loss_plus(lambda x, a, b, scale: (a - 1) * (np.log(x).mean() - np.log(x + 1e-3).mean())),
)


def slope_plus(change: Any) -> Any:
    """The gradient plus change(x, alpha, beta, sign, scale), sign +1 for a scale."""

    def wrong(x: Any, alpha: float, beta: float, parameterization: Parameterization = "scale") -> np.ndarray:
        sign, scale = (1, beta) if parameterization == "scale" else (-1, 1 / beta)
        right = gamma.negative_log_likelihood_gradient(x, alpha, beta, parameterization)
        return right + np.array(change(np.asarray(x), alpha, beta, sign, scale), dtype=float)

    return wrong


slope.wrong(
    "downhill",
    "The gradient of the loss points uphill on the loss; this is its negative.",
    lambda *a, **k: -gamma.negative_log_likelihood_gradient(*a, **k),
)
slope.wrong(
    "summed over the data",
    "The gradient of the average is asked for.",
    lambda x, *a, **k: len(x) * gamma.negative_log_likelihood_gradient(x, *a, **k),
)
slope.wrong(
    "trigamma for digamma",
    "The derivative of log Γ(alpha) is ψ(alpha).",
    slope_plus(lambda x, a, b, s, scale: (polygamma(1, a) - digamma(a), 0)),
)
slope.wrong(
    "the mean of log x is missing",
    "∂/∂alpha of the average -log p has -mean(log x).",
    slope_plus(lambda x, a, b, s, scale: (np.log(x).mean(), 0)),
)
slope.wrong(
    "log beta is missing",
    "∂/∂alpha has log(scale), from alpha log(scale).",
    slope_plus(lambda x, a, b, s, scale: (-np.log(scale), 0)),
)
slope.wrong(
    "the sign of log beta",
    "∂/∂alpha = ψ(alpha) + log(scale) - mean log x.",
    slope_plus(lambda x, a, b, s, scale: (-2 * np.log(scale), 0)),
)
slope.wrong(
    "mean(x)/beta instead of mean(x)/beta²",
    "The derivative of x/beta in beta is -x/beta².",
    slope_plus(lambda x, a, b, s, scale: (0, x.mean() / b**2 - x.mean() / b)),
)
slope.wrong(
    "the sign of the second component",
    "∂/∂beta = alpha/beta - mean(x)/beta² for a scale.",
    lambda *a, **k: gamma.negative_log_likelihood_gradient(*a, **k) * [1, -1],
)
slope.wrong(
    "the rate's gradient",
    "For a scale the chain rule brings -1/beta².",
    slope_plus(lambda x, a, b, s, scale: (0, (scale**2 - 1) * (x.mean() / scale**2 - a / scale))),
)
slope.wrong(
    "the gradient in the logarithms",
    "The gradient in (alpha, beta) is asked for, not in (log alpha, log beta).",
    lambda x, a, b, parameterization="scale": (
        gamma.negative_log_likelihood_gradient(x, a, b, parameterization) * [a, b]
    ),
)
slope.wrong(
    "the order is exchanged",
    "The order is (alpha, beta).",
    lambda *a, **k: gamma.negative_log_likelihood_gradient(*a, **k)[::-1],
)


def path(step: Any, start: int = 0, keep: Any = None) -> Any:
    """theta <- theta - step(x, theta, step_size, parameterization), kept positive as `keep` says."""

    def wrong(
        x: Any, alpha: float, beta: float, n_epochs: int, step_size: float, parameterization: Parameterization = "scale"
    ) -> np.ndarray:
        rows = [np.array([alpha, beta], dtype=float)]
        for _ in range(n_epochs):
            moved = rows[-1] - step(x, rows[-1], step_size, parameterization)
            rows.append(np.maximum(moved, 1e-3) if keep is None else keep(moved))
        return np.array(rows)[start:]

    return wrong


def gradient_at(x: Any, theta: Any, parameterization: Parameterization) -> np.ndarray:
    return gamma.negative_log_likelihood_gradient(x, theta[0], theta[1], parameterization)


def fisher_at(theta: Any, parameterization: Parameterization) -> np.ndarray:
    return gamma.fisher_information(theta[0], theta[1], parameterization)


def natural_at(x: Any, theta: Any, parameterization: Parameterization) -> np.ndarray:
    return gamma.natural_gradient(gradient_at(x, theta, parameterization), theta[0], theta[1], parameterization)


def in_turns(direction: Any, first: int) -> Any:
    """A step in one parameter, then one in the other from where that led."""

    def wrong(
        x: Any, alpha: float, beta: float, n_epochs: int, step_size: float, parameterization: Parameterization = "scale"
    ) -> np.ndarray:
        rows = [np.array([alpha, beta], dtype=float)]
        for _ in range(n_epochs):
            theta = rows[-1].copy()
            for i in (first, 1 - first):
                theta[i] = max(theta[i] - step_size * direction(x, theta, parameterization)[i], 1e-3)
            rows.append(theta)
        return np.array(rows)

    return wrong


for target_of, direction, kind in (
    (descent, gradient_at, "gradient"),
    (natural_descent, natural_at, "natural gradient"),
):
    target_of.wrong(
        f"ascent along the {kind}",
        "The loss is to go down: the step is subtracted.",
        path(lambda x, theta, size, parameterization, d=direction: -size * d(x, theta, parameterization)),
    )
    target_of.wrong(
        f"the start is not returned ({kind})",
        "The path has n_epochs + 1 rows, the start first.",
        path(lambda x, theta, size, parameterization, d=direction: size * d(x, theta, parameterization), start=1),
    )
    target_of.wrong(
        f"the step is divided by N ({kind})",
        "The loss is already an average over the data.",
        path(lambda x, theta, size, parameterization, d=direction: size * d(x, theta, parameterization) / len(x)),
    )
    target_of.wrong(
        f"the {kind} of the start at every step",
        "The gradient has to be computed anew at each epoch.",
        lambda x, a, b, n, size, parameterization="scale", d=direction: (
            np.array([a, b]) - size * np.arange(n + 1)[:, None] * d(x, (a, b), parameterization)
        ),
    )
    for first, order in enumerate(("alpha, then beta", "beta, then alpha")):
        target_of.wrong(
            f"{order} ({kind})",
            f"Both parameters move along the {kind} of the same point; here the second one's is taken where the first "
            "one went.",
            in_turns(direction, first),
        )
    target_of.wrong(
        f"the step size shrinks ({kind})",
        "Every epoch's step has length step_size.",
        lambda x, a, b, n, size, parameterization="scale", d=direction: shrinking(
            x, a, b, n, size, parameterization, d
        ),
    )


def shrinking(
    x: Any, a: float, b: float, n: int, size: float, parameterization: Parameterization, direction: Any
) -> np.ndarray:
    rows = [np.array([a, b], dtype=float)]
    for epoch in range(n):
        rows.append(np.maximum(rows[-1] - size / (1 + epoch) * direction(x, rows[-1], parameterization), 1e-3))
    return np.array(rows)


descent.wrong(
    "the natural gradient is used",
    "This is natural gradient descent; plain gradient descent is asked for.",
    path(lambda x, theta, size, parameterization: size * natural_at(x, theta, parameterization)),
)
natural_descent.wrong(
    "the gradient is used",
    "This is plain gradient descent; the Fisher matrix is missing.",
    path(lambda x, theta, size, parameterization: size * gradient_at(x, theta, parameterization)),
)
natural_descent.wrong(
    "F instead of its inverse",
    "The natural gradient is F⁻¹ ∇.",
    path(
        lambda x, theta, size, parameterization: (
            size * fisher_at(theta, parameterization) @ gradient_at(x, theta, parameterization)
        )
    ),
)
natural_descent.wrong(
    "the Fisher matrix of the start at every step",
    "The Fisher matrix depends on the parameters: compute it at the current ones.",
    lambda x, a, b, n, size, parameterization="scale": path(
        lambda x, theta, size, parameterization: (
            size * gamma.natural_gradient(gradient_at(x, theta, parameterization), a, b, parameterization)
        )
    )(x, a, b, n, size, parameterization),
)
descent.wrong(
    "no care for positivity",
    "alpha and beta must stay positive: shorten the step, or step in their logarithms.",
    path(
        lambda x, theta, size, parameterization: size * gradient_at(x, np.abs(theta), parameterization),
        keep=lambda moved: moved,
    ),
)
