"""The Normal–Gamma model and its mean-field approximation: log densities, score, sampler and bound.

Model: x_n ~ N(mu, 1/tau), mu | tau ~ N(mu_0, 1/(lambda_0 tau)), tau ~ Gamma(a_0, b_0).
Family: q(mu, tau) = N(mu; mu_N, 1/lambda_N) Gamma(tau; a_N, b_N).

Gamma is shape–rate here. `prior` is the four numbers (mu_0, lambda_0, a_0, b_0), `q` the four numbers
(mu_N, lambda_N, a_N, b_N), `x` the data (N,). `mu` and `tau` are S draws each, (S,). Logs are natural.
Compute in float64, which is not torch's default: the checks compare six digits, and float32 loses them in differences.
"""


def log_likelihood(x, mu, tau):
    """log p(x | mu, tau), all constants kept, for each pair of draws: an array (S,) in nats."""
    raise NotImplementedError


def log_prior(mu, tau, prior):
    """log p(mu, tau) = log p(mu | tau) + log p(tau), all constants kept, for each draw: (S,) in nats."""
    raise NotImplementedError


def log_q(mu, tau, q):
    """log q(mu, tau), all constants kept, for each draw: (S,) in nats."""
    raise NotImplementedError


def score(mu, tau, q):
    """The gradient of log q(mu, tau) in (mu_N, lambda_N, a_N, b_N), in this order, one row a draw: (S, 4)."""
    raise NotImplementedError


def sample_q(q, n, rng):
    """n independent draws from q, made with the numpy.random.Generator `rng`: a pair of arrays (mu, tau), each (n,)."""
    raise NotImplementedError


def elbo(x, prior, q):
    """The bound E_q[log p(x, mu, tau) - log q(mu, tau)] in closed form: one number in nats, all constants kept."""
    raise NotImplementedError
