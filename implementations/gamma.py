"""The Gamma distribution as an exponential family, its Fisher matrix and descent on its likelihood.

    p(x) = h(x) exp(eta . T(x) - A(eta)),   T(x) = (log x, x),   h(x) = 1,   eta = (alpha - 1, -rate)
    A(eta) = log Gamma(eta_1 + 1) - (eta_1 + 1) log(-eta_2)

(Wainwright & Jordan 2008, table 3.1). alpha is the shape; what beta is, `parameterization` says: "scale" (the
default, density proportional to x^(alpha-1) exp(-x/beta)) or "rate" (x^(alpha-1) exp(-beta x)). Functions of
eta alone need not know. Gradients are in (alpha, beta) and those of the negative log likelihood point uphill
of the loss; the natural gradient is the Fisher matrix's inverse times the gradient (Amari 1998).
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.special import digamma, gammaln, polygamma

Parameterization = Literal["scale", "rate"]
Direction = Callable[[Float[np.ndarray, "2"], float, float, Parameterization], Float[np.ndarray, "2"]]
"""Where to step at (alpha, beta) with this gradient."""


def natural_parameters(
    alpha: float, beta: float, parameterization: Parameterization = "scale"
) -> Float[np.ndarray, "2"]:
    """eta = (alpha - 1, -1/beta) in shape–scale, (alpha - 1, -beta) in shape–rate."""
    return np.array([alpha - 1, -_rate(beta, parameterization)])


def sufficient_statistics(x: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N 2"]:
    """T(x) = (log x, x), one row a point."""
    return np.stack([np.log(x), x], axis=-1)


def log_partition(eta: Float[np.ndarray, "2"]) -> float:
    """A(eta) = log Gamma(eta_1 + 1) - (eta_1 + 1) log(-eta_2)."""
    return float(gammaln(eta[0] + 1) - (eta[0] + 1) * np.log(-eta[1]))


def log_partition_gradient(eta: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2"]:
    """grad A(eta) = E[T(x)] = (psi(eta_1 + 1) - log(-eta_2), -(eta_1 + 1) / eta_2)."""
    return np.array([digamma(eta[0] + 1) - np.log(-eta[1]), -(eta[0] + 1) / eta[1]])


def fisher_information(
    alpha: float, beta: float, parameterization: Parameterization = "scale"
) -> Float[np.ndarray, "2 2"]:
    """E[score score^T] in (alpha, beta): [[psi'(alpha), ±1/beta], [±1/beta, alpha/beta^2]], + for a scale."""
    mixed = _sign(parameterization) / beta
    return np.array([[polygamma(1, alpha), mixed], [mixed, alpha / beta**2]])


def natural_gradient(
    gradient: Float[np.ndarray, "2"], alpha: float, beta: float, parameterization: Parameterization = "scale"
) -> Float[np.ndarray, "2"]:
    """F(alpha, beta)^-1 gradient, by the inverse in closed form.

    F^-1 = [[alpha, ∓beta], [∓beta, beta^2 psi'(alpha)]] / (alpha psi'(alpha) - 1), - for a scale.
    """
    trigamma = float(polygamma(1, alpha))
    mixed = -_sign(parameterization) * beta
    inverse = np.array([[alpha, mixed], [mixed, beta**2 * trigamma]]) / (alpha * trigamma - 1)
    return inverse @ gradient


def negative_log_likelihood(
    x: Float[np.ndarray, " N"], alpha: float, beta: float, parameterization: Parameterization = "scale"
) -> float:
    """The mean of -log p(x_n | alpha, beta) over the data, in nats: A(eta) - eta . mean T(x)."""
    eta = natural_parameters(alpha, beta, parameterization)
    return float(log_partition(eta) - eta @ sufficient_statistics(x).mean(axis=0))


def negative_log_likelihood_gradient(
    x: Float[np.ndarray, " N"], alpha: float, beta: float, parameterization: Parameterization = "scale"
) -> Float[np.ndarray, "2"]:
    """The gradient of `negative_log_likelihood` in (alpha, beta): J^T (E[T] - mean T(x)), J = d eta / d theta."""
    return _loss_gradient(sufficient_statistics(x).mean(axis=0), alpha, beta, parameterization)


def gradient_descent(
    x: Float[np.ndarray, " N"],
    alpha: float,
    beta: float,
    n_epochs: int,
    step_size: float,
    parameterization: Parameterization = "scale",
) -> Float[np.ndarray, "T 2"]:
    """Full-batch descent on `negative_log_likelihood`: n_epochs + 1 rows (alpha, beta), the start included."""
    return _descent(_steepest, x, (alpha, beta), n_epochs, step_size, parameterization)


def natural_gradient_descent(
    x: Float[np.ndarray, " N"],
    alpha: float,
    beta: float,
    n_epochs: int,
    step_size: float,
    parameterization: Parameterization = "scale",
) -> Float[np.ndarray, "T 2"]:
    """`gradient_descent` along the natural gradient instead of the gradient."""
    return _descent(natural_gradient, x, (alpha, beta), n_epochs, step_size, parameterization)


def _rate(beta: float, parameterization: Parameterization) -> float:
    """1/beta for a scale, beta for a rate."""
    return 1 / beta if _sign(parameterization) > 0 else beta


def _sign(parameterization: Parameterization) -> int:
    """+1 for a scale, -1 for a rate: the sign of d(mean)/d(beta), and so of the Fisher matrix's corner."""
    match parameterization:
        case "scale":
            return 1
        case "rate":
            return -1
    raise ValueError(f'parameterization is "scale" or "rate", not {parameterization!r}')


def _loss_gradient(
    mean_T: Float[np.ndarray, "2"], alpha: float, beta: float, parameterization: Parameterization
) -> Float[np.ndarray, "2"]:
    """The gradient of the mean negative log likelihood from the mean of T(x)."""
    eta = natural_parameters(alpha, beta, parameterization)
    jacobian = np.array([1.0, beta**-2.0 if _sign(parameterization) > 0 else -1.0])  # diagonal
    return jacobian * (log_partition_gradient(eta) - mean_T)


def _steepest(
    gradient: Float[np.ndarray, "2"], alpha: float, beta: float, parameterization: Parameterization
) -> Float[np.ndarray, "2"]:
    """The gradient itself."""
    return gradient


def _descent(
    direction: Direction,
    x: Float[np.ndarray, " N"],
    start: tuple[float, float],
    n_epochs: int,
    step_size: float,
    parameterization: Parameterization,
) -> Float[np.ndarray, "T 2"]:
    """theta <- theta - step_size direction(gradient, theta), shortened to go at most nine tenths of the way to zero.

    The fraction-to-the-boundary rule of interior-point methods (Nocedal & Wright 2006, eq. 19.9): alpha and
    beta stay positive, the direction is kept, and steps that stay well inside are not touched.
    """
    mean_T = sufficient_statistics(x).mean(axis=0)
    path = np.empty((n_epochs + 1, 2))
    path[0] = start
    for epoch, theta in enumerate(path[:-1]):
        alpha, beta = theta.tolist()
        gradient = _loss_gradient(mean_T, alpha, beta, parameterization)
        move = step_size * direction(gradient, alpha, beta, parameterization)
        path[epoch + 1] = theta - move * 0.9 / max(0.9, (move / theta).max())
    return path
