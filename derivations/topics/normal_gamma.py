r"""The Normal-Gamma model: x_n ~ N(μ, 1/τ), μ | τ ~ N(μ_0, 1/(λ_0 τ)), τ ~ Gamma(a_0, rate b_0), and mean-field q.

Bishop 2006, section 10.1.3; Murphy 2007, Conjugate Bayesian analysis of the Gaussian distribution. q(μ) is
N(μ_N, 1/λ_N) and q(τ) is Gamma(a_N, rate b_N). The score is the gradient of log q in (μ_N, λ_N, a_N, b_N).

Code must satisfy: `score == gradient of log_q`, `mean of score == 0`, and `log_likelihood`, `log_prior`, `log_q` with
every constant, so that their combination is the closed-form ELBO.
"""

from __future__ import annotations

from sympy import Integer, Rational, Symbol, Tuple, digamma, exp, log, loggamma, pi, polygamma

from derivations.context import Context
from derivations.language import Array, E, Gamma, Gradient, IndexedProduct, IndexedSum, Normal, Transposed, Variable
from derivations.topics.derivation import derive, equals, up_to_constant

half = Rational(1, 2)
mu, tau = Variable("mu"), Variable("tau")
n = Symbol("n", integer=True, positive=True)
x_n = Variable("x", n)

CONTEXT = Context(
    "normal_gamma",
    variables=frozenset({"x", "mu", "tau"}),
    latent=(mu, tau),
    vary=(mu, tau),
    positive=frozenset({"tau", "lambda_0", "a_0", "b_0", "lambda_N", "a_N", "b_N", "sigma", "v"}),
    integers=frozenset({"N"}),
)
N, mu_0, lambda_0, a_0, b_0, mu_N, lambda_N, a_N, b_N, sigma, v, s = (
    CONTEXT.symbol(name)
    for name in ["N", "mu_0", "lambda_0", "a_0", "b_0", "mu_N", "lambda_N", "a_N", "b_N", "sigma", "v", "s"]
)


def data_sum(body: object) -> IndexedSum:
    """Σ over the N observations."""
    return IndexedSum(body, n, 1, N)


LIKELIHOOD = IndexedProduct(Normal(x_n, mu, 1 / tau), n, 1, N)
PRIOR = Normal(mu, mu_0, 1 / (lambda_0 * tau)) * Gamma(tau, a_0, b_0)
Q_MU, Q_TAU = Normal(mu, mu_N, 1 / lambda_N), Gamma(tau, a_N, b_N)

LOG_LIKELIHOOD = N / 2 * log(tau) - N / 2 * log(2 * pi) - tau / 2 * data_sum((x_n - mu) ** 2)
LOG_PRIOR = (
    half * log(lambda_0 * tau) - half * log(2 * pi) - lambda_0 * tau / 2 * (mu - mu_0) ** 2
    + a_0 * log(b_0) - loggamma(a_0) + (a_0 - 1) * log(tau) - b_0 * tau
)  # fmt: skip
LOG_Q = (
    half * log(lambda_N) - half * log(2 * pi) - lambda_N / 2 * (mu - mu_N) ** 2
    + a_N * log(b_N) - loggamma(a_N) + (a_N - 1) * log(tau) - b_N * tau
)  # fmt: skip
PARAMETERS = Tuple(mu_N, lambda_N, a_N, b_N)
SCORE = Array([
    [lambda_N * (mu - mu_N)],
    [1 / (2 * lambda_N) - half * (mu - mu_N) ** 2],
    [log(b_N) - digamma(a_N) + log(tau)],
    [a_N / b_N - tau],
])  # fmt: skip

LOG_LIKELIHOOD_STEPS = derive(
    "The log likelihood of N observations",
    "1.2.4",
    CONTEXT,
    log(LIKELIHOOD),
    equals(data_sum(log(Normal(x_n, mu, 1 / tau))), "the log of a product"),
    equals(data_sum(half * log(tau) - half * log(2 * pi) - tau / 2 * (x_n - mu) ** 2), "the Normal density"),
    equals(LOG_LIKELIHOOD, "constants are summed N times"),
)

LOG_PRIOR_STEPS = derive(
    "The log prior",
    "1.2.4",
    CONTEXT,
    log(PRIOR),
    equals(log(Normal(mu, mu_0, 1 / (lambda_0 * tau))) + log(Gamma(tau, a_0, b_0)), "the log of a product"),
    equals(LOG_PRIOR, "the Normal density with precision λ_0 τ and the Gamma density with rate b_0"),
)

LOG_Q_STEPS = derive(
    "The log of the mean-field density",
    "1.2.4",
    CONTEXT,
    log(Q_MU * Q_TAU),
    equals(log(Q_MU) + log(Q_TAU), "the mean-field assumption, and the log of a product"),
    equals(LOG_Q, "the Normal density with precision λ_N and the Gamma density with rate b_N"),
)

SCORE_STEPS = derive(
    "The score in mean, precision, shape and rate",
    "1.2.4 1.2.5",
    CONTEXT,
    Gradient(log(Q_MU * Q_TAU), PARAMETERS),
    equals(Gradient(LOG_Q, PARAMETERS), "the log of the mean-field density"),
    equals(SCORE, "d log Γ(a) / da = ψ(a)"),
)

SCORE_IN_SIGMA = derive(
    "The score in the standard deviation",
    "1.2.4",
    CONTEXT,
    Gradient(log(Normal(mu, mu_N, sigma**2)), sigma),
    equals(
        (sigma**2 / 2 - half * (mu - mu_N) ** 2) * (-2 / sigma**3),
        "the chain rule through λ = 1/σ², with dλ/dσ = -2/σ³",
    ),
    equals(-1 / sigma + (mu - mu_N) ** 2 / sigma**3, "multiply out"),
)

SCORE_IN_VARIANCE = derive(
    "The score in the variance",
    "1.2.4",
    CONTEXT,
    Gradient(log(Normal(mu, mu_N, v)), v),
    equals((v / 2 - half * (mu - mu_N) ** 2) * (-1 / v**2), "the chain rule through λ = 1/v, with dλ/dv = -1/v²"),
    equals(((mu - mu_N) ** 2 - v) / (2 * v**2), "multiply out"),
)

SCORE_IN_LOG_SCALE = derive(
    "The score in the log standard deviation s, σ = exp s",
    "1.2.4 1.2.5",
    CONTEXT,
    Gradient(log(Normal(mu, mu_N, exp(2 * s))), s),
    equals((-exp(-s) + (mu - mu_N) ** 2 * exp(-3 * s)) * exp(s), "the chain rule, with dσ/ds = σ"),
    equals((mu - mu_N) ** 2 * exp(-2 * s) - 1, "multiply out"),
)

LOG_A, LOG_B, LOG_LAMBDA = (CONTEXT.symbol(f"log_{name}") for name in ("a", "b", "lambda"))
SCORE_IN_LOGS = derive(
    "The score in log precision, log shape and log rate",
    "1.2.4 1.2.5",
    CONTEXT,
    Gradient(
        log(Normal(mu, mu_N, exp(-LOG_LAMBDA)) * Gamma(tau, exp(LOG_A), exp(LOG_B))), Tuple(LOG_LAMBDA, LOG_A, LOG_B)
    ),
    equals(
        Array([
            [half - exp(LOG_LAMBDA) * (mu - mu_N) ** 2 / 2],
            [exp(LOG_A) * (LOG_B - digamma(exp(LOG_A)) + log(tau))],
            [exp(LOG_A) - exp(LOG_B) * tau],
        ]),
        "each score times the parameter itself, dθ/d log θ = θ",
    ),
)  # fmt: skip

ZERO_MEAN = derive(
    "The score of the Normal-Gamma q has mean zero",
    "1.2.4 1.2.5 2.2.13",
    CONTEXT,
    E[Q_MU, Q_TAU](SCORE),
    equals(
        Array([[Integer(0)], [Integer(0)], [Integer(0)], [Integer(0)]]),
        "E[(μ - μ_N)²] = 1/λ_N, E[log τ] = ψ(a_N) - log b_N, E[τ] = a_N/b_N",
    ),
)

FISHER = derive(
    "The Fisher information of q is the covariance of its score",
    "1.2.5 2.2.13",
    CONTEXT,
    E[Q_MU, Q_TAU](SCORE * Transposed(SCORE)),
    equals(
        Array([
            [lambda_N, 0, 0, 0],
            [0, 1 / (2 * lambda_N**2), 0, 0],
            [0, 0, polygamma(1, a_N), -1 / b_N],
            [0, 0, -1 / b_N, a_N / b_N**2],
        ]),
        "moments of the Normal up to the fourth and of log τ and τ up to the second",
    ),
)  # fmt: skip

E_TAU, E_LOG_TAU = a_N / b_N, digamma(a_N) - log(b_N)
ELBO = (
    N / 2 * (E_LOG_TAU - log(2 * pi)) - E_TAU / 2 * (data_sum((x_n - mu_N) ** 2) + N / lambda_N)
    + half * (log(lambda_0) + E_LOG_TAU - log(2 * pi)) - lambda_0 * E_TAU / 2 * ((mu_N - mu_0) ** 2 + 1 / lambda_N)
    + a_0 * log(b_0) - loggamma(a_0) + (a_0 - 1) * E_LOG_TAU - b_0 * E_TAU
    + half * (1 + log(2 * pi) - log(lambda_N))
    + a_N - log(b_N) + loggamma(a_N) + (1 - a_N) * digamma(a_N)
)  # fmt: skip
ELBO_STEPS = derive(
    "The ELBO in closed form",
    "1.2.4 1.2.5",
    CONTEXT,
    E[Q_MU, Q_TAU](log(LIKELIHOOD * PRIOR) - log(Q_MU * Q_TAU)),
    equals(E[Q_MU, Q_TAU](LOG_LIKELIHOOD + LOG_PRIOR - LOG_Q), "the three log densities"),
    equals(ELBO, "the moments of q; the last two lines are its entropy"),
)

PRECISION, MEAN = (lambda_0 + N) * E_TAU, (lambda_0 * mu_0 + data_sum(x_n)) / (lambda_0 + N)
UPDATE_MU = derive(
    "Coordinate ascent: the optimal q(μ)",
    "1.1.3 1.2.5",
    CONTEXT,
    E[Q_TAU](log(LIKELIHOOD * PRIOR)),
    up_to_constant(-E_TAU / 2 * (data_sum((x_n - mu) ** 2) + lambda_0 * (mu - mu_0) ** 2), "E[τ] = a_N / b_N"),
    up_to_constant(log(Normal(mu, MEAN, 1 / PRECISION)), "complete the square: λ_N = (λ_0 + N) E[τ]"),
)

RATE = b_0 + half * (data_sum((x_n - mu_N) ** 2) + N / lambda_N + lambda_0 * ((mu_N - mu_0) ** 2 + 1 / lambda_N))
UPDATE_TAU = derive(
    "Coordinate ascent: the optimal q(τ), with a_N = a_0 + (N + 1)/2",
    "1.1.3 1.2.5",
    CONTEXT,
    E[Q_MU](log(LIKELIHOOD * PRIOR)),
    up_to_constant((a_0 + (N + 1) / 2 - 1) * log(tau) - tau * RATE, "the extra half comes from log √τ in p(μ|τ)"),
    up_to_constant(log(Gamma(tau, a_0 + (N + 1) / 2, RATE)), "the Gamma density"),
)

DERIVATIONS = (
    LOG_LIKELIHOOD_STEPS, LOG_PRIOR_STEPS, LOG_Q_STEPS, SCORE_STEPS, SCORE_IN_SIGMA, SCORE_IN_VARIANCE,
    SCORE_IN_LOG_SCALE, SCORE_IN_LOGS, ZERO_MEAN, FISHER, ELBO_STEPS, UPDATE_MU, UPDATE_TAU,
)  # fmt: skip
