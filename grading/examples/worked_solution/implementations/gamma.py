"""2.2.14-2.2.18 of the solution: natural parameters and Fisher matrix in shape and scale, the loss as written there."""

import numpy as np
from scipy.special import digamma, gammaln, polygamma


def natural_parameters(alpha, beta, parameterization="scale"):
    return np.array([alpha - 1, -1 / beta])


def sufficient_statistics(x):
    return np.stack([np.log(x), x], axis=1)


def log_partition(eta):
    return gammaln(eta[0] + 1) - (eta[0] + 1) * np.log(-eta[1])


def log_partition_gradient(eta):
    return np.array([digamma(eta[0] + 1) - np.log(-eta[1]), -(eta[0] + 1) / eta[1]])


def fisher_natural(eta):
    trigamma = polygamma(1, eta[0] + 1)
    return np.array([[trigamma, -1 / eta[1]], [-1 / eta[1], (eta[0] + 1) / eta[1] ** 2]])


def jacobian(beta):
    return np.array([[1.0, 0.0], [0.0, 1 / beta**2]])


def fisher_information(alpha, beta, parameterization="scale"):
    J = jacobian(beta)
    return J.T @ fisher_natural(natural_parameters(alpha, beta)) @ J


def natural_gradient(gradient, alpha, beta, parameterization="scale"):
    J = jacobian(beta)
    return J.T @ np.linalg.inv(fisher_natural(natural_parameters(alpha, beta))) @ J @ gradient


def negative_log_likelihood(x, alpha, beta, parameterization="scale"):
    return -np.mean((alpha - 1) * np.log(x) - beta * x - gammaln(alpha) + alpha * np.log(beta))


def negative_log_likelihood_gradient(x, alpha, beta, parameterization="scale"):
    return np.array([-np.mean(np.log(x) - digamma(alpha) + np.log(beta)), -np.mean(-x + alpha / beta)])


def gradient_descent(x, alpha, beta, n_epochs, step_size, parameterization="scale"):
    path = [np.array([alpha, beta])]
    for _ in range(n_epochs):
        step = negative_log_likelihood_gradient(x, *path[-1])
        path.append(np.maximum(path[-1] - step_size * step, 1e-3))
    return np.array(path)


def natural_gradient_descent(x, alpha, beta, n_epochs, step_size, parameterization="scale"):
    path = [np.array([alpha, beta])]
    for _ in range(n_epochs):
        step = natural_gradient(negative_log_likelihood_gradient(x, *path[-1]), *path[-1])
        path.append(np.maximum(path[-1] - step_size * step, 1e-3))
    return np.array(path)
