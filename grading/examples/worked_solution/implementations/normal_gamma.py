"""1.2.4, eqs. 11-14 of the solution: log densities and scores. Gamma is shape-rate here."""

import numpy as np
from scipy.special import digamma, gammaln


def log_likelihood(x, mu, tau):
    squares = ((x[None, :] - mu[:, None]) ** 2).sum(axis=1)
    N = len(x)
    return N / 2 * np.log(tau) - N / 2 * np.log(2 * np.pi) - tau / 2 * squares


def log_prior(mu, tau, prior):
    mu_0, lambda_0, a_0, b_0 = prior
    normal = 0.5 * np.log(lambda_0 * tau) - 0.5 * np.log(2 * np.pi) - lambda_0 * tau / 2 * (mu - mu_0) ** 2
    return normal + a_0 * np.log(b_0) - gammaln(a_0) + (a_0 - 1) * np.log(tau) - b_0 * tau


def log_q(mu, tau, q):
    mu_N, lambda_N, a_N, b_N = q
    normal = 0.5 * np.log(lambda_N) - 0.5 * np.log(2 * np.pi) - lambda_N / 2 * (mu - mu_N) ** 2
    return normal + a_N * np.log(b_N) - gammaln(a_N) + (a_N - 1) * np.log(tau) - b_N * tau


def score(mu, tau, q):
    mu_N, lambda_N, a_N, b_N = q
    columns = [
        lambda_N * (mu - mu_N),
        1 / (2 * lambda_N) - 0.5 * (mu - mu_N) ** 2,
        digamma(a_N) - np.log(b_N) + np.log(tau),
        a_N / b_N - tau,
    ]
    return np.stack(columns, axis=1)


def sample_q(q, n, rng):
    mu_N, lambda_N, a_N, b_N = q
    return rng.normal(mu_N, 1 / np.sqrt(lambda_N), n), rng.gamma(a_N, 1 / b_N, n)


def elbo(x, prior, q):
    mu_0, lambda_0, a_0, b_0 = prior
    mu_N, lambda_N, a_N, b_N = q
    N, e_tau, e_log_tau = len(x), a_N / b_N, digamma(a_N) - np.log(b_N)
    squares = ((x - mu_N) ** 2).sum() + N / lambda_N
    log_lik = N / 2 * (e_log_tau - np.log(2 * np.pi)) - e_tau / 2 * squares
    log_p_mu = 0.5 * (np.log(lambda_0) + e_log_tau - np.log(2 * np.pi))
    log_p_mu -= lambda_0 * e_tau / 2 * ((mu_N - mu_0) ** 2 + 1 / lambda_N)
    log_p_tau = a_0 * np.log(b_0) - gammaln(a_0) + (a_0 - 1) * e_log_tau - b_0 * e_tau
    entropy_mu = 0.5 * np.log(2 * np.pi * np.e / lambda_N)
    entropy_tau = a_N - np.log(b_N) + gammaln(a_N) + (1 - a_N) * digamma(a_N)
    return log_lik + log_p_mu + log_p_tau + entropy_mu + entropy_tau
