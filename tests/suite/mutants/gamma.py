"""Mistakes in the Gamma family, its Fisher matrix and natural gradient (2.2.14–2.2.16), shape–scale unless asked."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from implementations import gamma
from implementations.gamma import Parameterization
from tests.suite.corpus import target

natural = target("2.2.14", "gamma.natural_parameters")
statistics = target("2.2.14", "gamma.sufficient_statistics")
partition = target("2.2.14", "gamma.log_partition")
partition_gradient = target("2.2.14", "gamma.log_partition_gradient")
natural_gradient = target("2.2.15", "gamma.natural_gradient")
fisher = target("2.2.16", "gamma.fisher_information")


def other(parameterization: Parameterization) -> Parameterization:
    """The parameterization that was not asked for."""
    return "rate" if parameterization == "scale" else "scale"


# -- exponential family -----------------------------------------------------------------------------------------------

natural.wrong(
    "the rate's natural parameter for a scale",
    "In shape–scale the coefficient of x is -1/beta; -beta belongs to a rate.",
    lambda a, b, parameterization="scale": gamma.natural_parameters(a, b, other(parameterization)),
)
natural.wrong(
    "the sign of the second parameter",
    "The density has exp(-x/beta): the coefficient of T_2 = x is negative.",
    lambda a, b, parameterization="scale": gamma.natural_parameters(a, b, parameterization) * [1, -1],
)
natural.wrong(
    "alpha instead of alpha - 1",
    "With base measure 1 the coefficient of log x is alpha - 1.",
    lambda a, b, parameterization="scale": gamma.natural_parameters(a, b, parameterization) + np.array([1, 0]),
)
natural.wrong(
    "the order is exchanged",
    "T(x) = (log x, x), so eta = (alpha - 1, -1/beta) in this order.",
    lambda a, b, parameterization="scale": gamma.natural_parameters(a, b, parameterization)[::-1],
)
natural.wrong(
    "the mean parameters",
    "These are E[T(x)], the gradient of A, not the natural parameters.",
    lambda a, b, parameterization="scale": gamma.log_partition_gradient(
        gamma.natural_parameters(a, b, parameterization)
    ),
)
statistics.wrong(
    "the order is exchanged",
    "T(x) = (log x, x), in this order.",
    lambda x: gamma.sufficient_statistics(x)[:, ::-1],
)
statistics.wrong(
    "transposed",
    "One row a data point: (N, 2).",
    lambda x: gamma.sufficient_statistics(x).T,
)
statistics.wrong(
    "summed over the data",
    "One row for each data point is asked for, not their sum.",
    lambda x: gamma.sufficient_statistics(x).sum(axis=0),
)
statistics.wrong(
    "the sign of x",
    "T_2 = x; the minus sign is in eta_2.",
    lambda x: gamma.sufficient_statistics(x) * [1, -1],
)
statistics.wrong(
    "log to base ten",
    "Logarithms are natural.",
    lambda x: np.stack([np.log10(x), x], axis=-1),
)
partition.wrong(
    "log Γ(eta_1)",
    "eta_1 = alpha - 1, so the Gamma function is at eta_1 + 1.",
    lambda eta: gamma.log_partition(eta) - gammaln(eta[0] + 1) + gammaln(abs(eta[0]) + 1e-9),
)
partition.wrong(
    "the sign of log Γ",
    "A is the logarithm of ∫ exp(eta·T) dx = Γ(alpha) beta^alpha: log Γ is added.",
    lambda eta: gamma.log_partition(eta) - 2 * gammaln(eta[0] + 1),
)
partition.wrong(
    "the sign of the power",
    "A = log Γ(alpha) - alpha log(-eta_2); the second term has the wrong sign.",
    lambda eta: gamma.log_partition(eta) + 2 * (eta[0] + 1) * np.log(-eta[1]),
)
partition.wrong(
    "eta_1 instead of eta_1 + 1 in the power",
    "A = log Γ(eta_1 + 1) - (eta_1 + 1) log(-eta_2).",
    lambda eta: gamma.log_partition(eta) + np.log(-eta[1]),
)
partition.wrong(
    "minus A",
    "p(x) = exp(eta·T - A): A is the logarithm of the integral, this is its negative.",
    lambda eta: -gamma.log_partition(eta),
)
partition.wrong(
    "the logarithm of Γ by way of Γ",
    "Γ(alpha) overflows from alpha = 172; use gammaln.",
    lambda eta: float(np.log(np.exp(np.float64(gammaln(eta[0] + 1)))) - (eta[0] + 1) * np.log(-eta[1])),
)
partition_gradient.wrong(
    "log Γ for digamma",
    "The derivative of log Γ is the digamma function ψ.",
    lambda eta: np.array([gammaln(eta[0] + 1) - np.log(-eta[1]), -(eta[0] + 1) / eta[1]]),
)
partition_gradient.wrong(
    "the digamma at eta_1",
    "E[log x] = ψ(alpha) - log(-eta_2) with alpha = eta_1 + 1.",
    lambda eta: gamma.log_partition_gradient(eta) - [1 / (eta[0] + 1), 0],
)
partition_gradient.wrong(
    "the sign of the second component",
    "E[x] = -alpha/eta_2 is positive.",
    lambda eta: gamma.log_partition_gradient(eta) * [1, -1],
)
partition_gradient.wrong(
    "the scale and the rate confused",
    "E[log x] = ψ(alpha) + log(scale) = ψ(alpha) - log(-eta_2).",
    lambda eta: gamma.log_partition_gradient(eta) + np.array([2 * np.log(-eta[1]), 0]),
)
partition_gradient.wrong(
    "the gradient in (alpha, beta)",
    "The gradient is in eta; its chain rule to (alpha, beta) has a factor more.",
    lambda eta: gamma.log_partition_gradient(eta) * [1, eta[1] ** 2],
)

# -- Fisher matrix ----------------------------------------------------------------------------------------------------


def entries(a11: Any, a12: Any, a22: Any) -> Any:
    """[[a11, a12], [a12, a22]] as functions of (alpha, beta, sign), sign +1 for a scale."""

    def wrong(alpha: float, beta: float, parameterization: Parameterization = "scale") -> np.ndarray:
        sign = 1 if parameterization == "scale" else -1
        corner = a12(alpha, beta, sign)
        return np.array([[a11(alpha, beta, sign), corner], [corner, a22(alpha, beta, sign)]], dtype=float)

    return wrong


def right11(a: float, b: float, s: int) -> float:
    return float(polygamma(1, a))


def right12(a: float, b: float, s: int) -> float:
    return s / b


def right22(a: float, b: float, s: int) -> float:
    return a / b**2


fisher.wrong(
    "the corner has the other parameterization's sign",
    "∂²/∂alpha∂beta of -log p is +1/beta for a scale and -1/beta for a rate.",
    entries(right11, lambda a, b, s: -s / b, right22),
)
fisher.wrong(
    "diagonal",
    "alpha and beta are not orthogonal: the off-diagonal is ±1/beta.",
    entries(right11, lambda a, b, s: 0, right22),
)
fisher.wrong(
    "digamma for trigamma",
    "The second derivative of log Γ is the trigamma function ψ'.",
    entries(lambda a, b, s: digamma(a), right12, right22),
)
fisher.wrong(
    "the observed second derivative in beta",
    "The expectation is missing: E[2x/beta³ - alpha/beta²] = alpha/beta².",
    entries(right11, right12, lambda a, b, s: -a / b**2),
)
fisher.wrong(
    "twice the last entry",
    "E[2x/beta³] - alpha/beta² = 2 alpha/beta² - alpha/beta² = alpha/beta².",
    entries(right11, right12, lambda a, b, s: 2 * a / b**2),
)
fisher.wrong(
    "alpha/beta instead of alpha/beta²",
    "The last entry is alpha/beta²: the units are those of 1/beta².",
    entries(right11, right12, lambda a, b, s: a / b),
)
fisher.wrong(
    "the inverse",
    "This is the inverse of the Fisher matrix.",
    lambda a, b, parameterization="scale": np.linalg.inv(gamma.fisher_information(a, b, parameterization)),
)
fisher.wrong(
    "the negative",
    "F = -E[Hessian of log p] is positive definite; the minus sign is missing.",
    lambda a, b, parameterization="scale": -gamma.fisher_information(a, b, parameterization),
)
fisher.wrong(
    "in natural coordinates",
    "This is ∇²A(eta), the Fisher matrix in eta; in (alpha, beta) it is JᵀFJ.",
    entries(right11, lambda a, b, s: b if s > 0 else 1 / b, lambda a, b, s: a * b**2 if s > 0 else a / b**2),
)
fisher.wrong(
    "the Jacobian on one side only",
    "F(alpha, beta) = Jᵀ F(eta) J: both sides get the Jacobian.",
    entries(right11, right12, lambda a, b, s: a if s > 0 else -a / b**2),
)
fisher.wrong(
    "the outer product of one score",
    "F = E[score scoreᵀ]; the product of one score with itself at the mean has rank one.",
    entries(right11, right12, lambda a, b, s: 1 / (b**2 * polygamma(1, a))),
)

# -- natural gradient -------------------------------------------------------------------------------------------------


def by(matrix: Any) -> Any:
    """gradient to matrix(F, gradient)."""

    def wrong(gradient: Any, alpha: float, beta: float, parameterization: Parameterization = "scale") -> np.ndarray:
        return np.asarray(matrix(gamma.fisher_information(alpha, beta, parameterization), np.asarray(gradient)))

    return wrong


natural_gradient.wrong(
    "F instead of its inverse",
    "The natural gradient is F⁻¹ ∇, not F ∇.",
    by(lambda F, g: F @ g),
)
natural_gradient.wrong(
    "the inverse square root",
    "F⁻¹ ∇ is asked for; F^{-1/2} ∇ is a whitened gradient.",
    by(lambda F, g: np.linalg.solve(np.linalg.cholesky(F), g)),
)
natural_gradient.wrong(
    "elementwise division",
    "F⁻¹ is a matrix inverse; dividing by the diagonal ignores the correlation of the parameters.",
    by(lambda F, g: g / np.diag(F)),
)
natural_gradient.wrong(
    "entries inverted one by one",
    "The inverse of a matrix is not the matrix of inverses.",
    by(lambda F, g: (1 / F) @ g),
)
natural_gradient.wrong(
    "the gradient unchanged",
    "The ordinary gradient comes back; the Fisher matrix is missing.",
    by(lambda F, g: g),
)
natural_gradient.wrong(
    "downhill",
    "The natural gradient is F⁻¹ ∇ with a plus sign; descent subtracts it later.",
    by(lambda F, g: -np.linalg.solve(F, g)),
)
natural_gradient.wrong(
    "the other parameterization's matrix",
    "The Fisher matrix has to be in the same coordinates as the gradient.",
    lambda g, a, b, parameterization="scale": np.linalg.solve(
        gamma.fisher_information(a, b, other(parameterization)), g
    ),
)
natural_gradient.wrong(
    "the natural coordinates' matrix",
    "F(eta)⁻¹ belongs to a gradient in eta; in (alpha, beta) the Jacobian enters on both sides.",
    lambda g, a, b, parameterization="scale": np.linalg.solve([[polygamma(1, a), b], [b, a * b**2]], g),
)
natural_gradient.wrong(
    "the determinant is not divided by",
    "The inverse of a 2 × 2 matrix is its adjugate divided by the determinant.",
    by(lambda F, g: np.linalg.inv(F) @ g * np.linalg.det(F)),
)
natural_gradient.wrong(
    "damped",
    "A constant added to the diagonal of F biases the direction; F is positive definite as it is.",
    by(lambda F, g: np.linalg.solve(F + 1e-3 * np.eye(2), g)),
)
natural_gradient.wrong(
    "normalised",
    "The length matters as well: do not divide by it.",
    by(lambda F, g: np.linalg.solve(F, g) / (np.linalg.norm(np.linalg.solve(F, g)) + 1e-300)),
)
