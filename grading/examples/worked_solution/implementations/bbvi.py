"""1.2.5 and 2.2.13: Algorithm 1 of Ranganath et al. (2014), and its control variates with the published scaling."""

import numpy as np
from implementations.normal_gamma import log_likelihood, log_prior, log_q, sample_q, score


def gradient_draws(x, prior, q, mu, tau):
    weight = log_likelihood(x, mu, tau) + log_prior(mu, tau, prior) - log_q(mu, tau, q)
    return score(mu, tau, q) * weight[:, None]


def control_variate(f, h):
    f_centred, h_centred = f - f.mean(axis=0), h - h.mean(axis=0)
    a = (f_centred * h_centred).sum() / (h_centred**2).sum()
    return f - a * h


def fit(x, prior, q, n_steps, n_samples, step_size, rng, control_variates):
    rho = np.broadcast_to(step_size, n_steps)
    path = [np.array(q, dtype=float)]
    for t in range(n_steps):
        mu, tau = sample_q(path[-1], n_samples, rng)
        f = gradient_draws(x, prior, path[-1], mu, tau)
        if control_variates:
            h = score(mu, tau, path[-1])
            f = np.concatenate([control_variate(f[:, :2], h[:, :2]), control_variate(f[:, 2:], h[:, 2:])], axis=1)
        new = path[-1] + rho[t] * f.mean(axis=0)
        new[1:] = np.maximum(new[1:], 0.01)  # keep lambda_N, a_N and b_N positive
        path.append(new)
    return np.array(path)
