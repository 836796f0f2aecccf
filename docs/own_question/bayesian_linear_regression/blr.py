"""Bayesian linear regression with known precisions.

`X` is the design (N, D), `y` the targets (N,), alpha the precision of the weights, beta that of the noise.
"""


def elbo(X, y, alpha, beta, mean, variance):
    """E_q[log p(y, w) - log q(w)] with q(w) = N(mean, diag(variance)): one number in nats. mean, variance: (D,)."""
    raise NotImplementedError
