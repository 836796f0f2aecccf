"""The Gamma distribution: exponential family, Fisher matrix, natural gradient, and descent on its likelihood.

alpha is the shape. What beta is, `parameterization` says: "scale" (the density is proportional to
x^(alpha - 1) exp(-x / beta)) or "rate" (proportional to x^(alpha - 1) exp(-beta x)). The assignment is in
shape–scale, and that is what its checks ask for; "rate" is there for those who want both.
The natural parameters eta belong to the sufficient statistics T(x) = (log x, x), in this order, with base measure 1.
`x` is the data (N,), all positive. Logs are natural.
Compute in float64, which is not torch's default: the checks compare six digits, and float32 loses them in differences.
"""


def natural_parameters(alpha, beta, parameterization="scale"):
    """eta(alpha, beta), belonging to T(x) = (log x, x): an array (2,)."""
    raise NotImplementedError


def sufficient_statistics(x):
    """T(x) = (log x, x), one row a data point: (N, 2)."""
    raise NotImplementedError


def log_partition(eta):
    """A(eta) with p(x) = exp(eta . T(x) - A(eta)): one number in nats. eta is (2,)."""
    raise NotImplementedError


def log_partition_gradient(eta):
    """The gradient of A in eta: (2,)."""
    raise NotImplementedError


def fisher_information(alpha, beta, parameterization="scale"):
    """The Fisher information matrix of one observation in (alpha, beta): (2, 2)."""
    raise NotImplementedError


def natural_gradient(gradient, alpha, beta, parameterization="scale"):
    """The natural gradient in (alpha, beta) of a function whose gradient in (alpha, beta) is `gradient` (2,): (2,)."""
    raise NotImplementedError


def negative_log_likelihood(x, alpha, beta, parameterization="scale"):
    """-1/N sum_n log p(x_n | alpha, beta), all constants kept: one number in nats."""
    raise NotImplementedError


def negative_log_likelihood_gradient(x, alpha, beta, parameterization="scale"):
    """The gradient of `negative_log_likelihood` in (alpha, beta), uphill on the loss: (2,)."""
    raise NotImplementedError


def gradient_descent(x, alpha, beta, n_epochs, step_size, parameterization="scale"):
    """Gradient descent on the average negative log likelihood, started at (alpha, beta).

    One epoch is one step of length step_size (a number) on all the data. Returns the path (n_epochs + 1, 2) of
    (alpha, beta), the start as its first row. Both components of a step are taken at the point that it starts from.
    alpha and beta must stay positive, and finite, for steps of any size; how is your choice: each may step itself, or
    be the exp, the softplus or the square of a number that steps along the gradient in that number. None of these is
    safe from a step too far: exp(-800) is 0 and exp(800) infinite. A step that stays well inside is not shortened.
    """
    raise NotImplementedError


def natural_gradient_descent(x, alpha, beta, n_epochs, step_size, parameterization="scale"):
    """The same along the natural gradient: the path (n_epochs + 1, 2) of (alpha, beta)."""
    raise NotImplementedError
