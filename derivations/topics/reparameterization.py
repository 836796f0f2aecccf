r"""Samples as functions of noise: the Normal's location and scale, the Gumbel-max trick, the Gumbel-Softmax density.

Kingma and Welling 2014, section 2.4; Jang, Gu and Poole 2017, eq. 1-3 and appendix B; Maddison, Mnih and Teh 2017,
section 3. Probabilities π_k need only be positive weights; τ is the temperature, and g_k are standard Gumbel.

Code must satisfy: `sample` is exp((log π + g)/τ) normalised; `log_density` is log Γ(K) + (K - 1) log τ
- K log Σ_k π_k y_k^{-τ} + Σ_k (log π_k - (τ + 1) log y_k).
"""

from __future__ import annotations

from sympy import Expr, Symbol, exp, gamma, log

from derivations.context import Context
from derivations.language import E, Gamma, Gradient, Gumbel, IndexedProduct, IndexedSum, Normal, Variable
from derivations.topics.derivation import derive, equals

k = Symbol("k", integer=True, positive=True)
z, epsilon, x, u, g = (Variable(name) for name in ("z", "epsilon", "x", "u", "g"))
y_k, pi_k = Variable("y", k), Variable("pi", k)

CONTEXT = Context(
    "reparameterization",
    variables=frozenset({"z", "epsilon", "x", "u", "g", "y"}),
    latent=(z,),
    positive=frozenset({"sigma", "tau", "pi", "y", "x", "u", "s", "rest", "B"}),
    integers=frozenset({"K"}),
)
mu, sigma, t, tau, K, s, B = map(CONTEXT.symbol, ["mu", "sigma", "t", "tau", "K", "s", "B"])
pi_i, rest = CONTEXT.symbol("pi"), CONTEXT.symbol("rest")
NOISE, Q = Normal(epsilon, 0, 1), Normal(z, mu, sigma**2)

CHANGE_OF_VARIABLE = derive(
    "z = μ + σ ε has the Normal density",
    "3.1.21",
    CONTEXT,
    log(Normal(mu + sigma * epsilon, mu, sigma**2)),
    equals(log(NOISE) - log(sigma), "dε/dz = 1/σ"),
)

# Exponentials e^{tz} determine a distribution, so what holds for each t holds for their mixtures.
IN_MEAN = derive(
    "The gradient in μ, three ways, for f(z) = exp(t z)",
    "3.1.21 3.1.25",
    CONTEXT,
    Gradient(E[Q](exp(t * z)), mu),
    equals(E[NOISE](t * exp(t * (mu + sigma * epsilon))), "the path: f'(z) dz/dμ with dz/dμ = 1"),
    equals(E[Q](exp(t * z) * Gradient(log(Q), mu)), "the score: f(z) times the gradient of log q"),
)
IN_SCALE = derive(
    "The gradient in σ, three ways, for f(z) = exp(t z)",
    "3.1.21 3.1.25",
    CONTEXT,
    Gradient(E[Q](exp(t * z)), sigma),
    equals(E[NOISE](t * exp(t * (mu + sigma * epsilon)) * epsilon), "the path: f'(z) dz/dσ with dz/dσ = ε"),
    equals(E[Q](exp(t * z) * Gradient(log(Q), sigma)), "the score: f(z) times the gradient of log q"),
)

SECOND_MOMENT_OF_PATH = derive(
    "For f(z) = z² the path estimate 2z of the gradient in μ has variance 4σ²",
    "3.1.24 3.1.25",
    CONTEXT,
    E[Q]((2 * z) ** 2) - (2 * mu) ** 2,
    equals(4 * sigma**2, "E[z²] = μ² + σ²"),
)
SECOND_MOMENT_OF_SCORE = derive(
    "The score estimate of the same gradient has more, whatever μ and σ",
    "2.2.13 3.1.24",
    CONTEXT,
    E[Q]((z**2 * (z - mu) / sigma**2) ** 2) - (2 * mu) ** 2,
    equals(mu**4 / sigma**2 + 14 * mu**2 + 15 * sigma**2, "moments of the Normal up to the sixth"),
)

# --- Gumbel-max: P(log π_i + g_i is the largest) = π_i / (π_i + rest), where rest is the sum of the other weights.
EXPONENTIAL = derive(
    "u = exp(-g) of a standard Gumbel g is exponential",
    "3.1.20",
    CONTEXT,
    log(Gumbel(-log(u), 0, 1)) - log(u),
    equals(log(Gamma(u, 1, 1)), "|dg/du| = 1/u"),
)
GUMBEL_MAX = derive(
    "The Gumbel-max trick",
    "3.1.20",
    CONTEXT,
    E[Gamma(u, 1, 1)](exp(-u * rest / pi_i)),
    equals(1 / (1 + rest / pi_i), "all others are smaller with probability exp(-rest · u / π_i), given u = exp(-g_i)"),
    equals(pi_i / (pi_i + rest), "multiply out"),
)


def over_classes(body: Expr) -> IndexedProduct:
    """Π over the K classes."""
    return IndexedProduct(body, k, 1, K)


def softmax_term(scale: Expr, point: Expr, weight: Expr) -> Expr:
    """The density of x_k = exp((log π_k + g_k)/τ) at `scale * point`."""
    return tau * weight * (scale * point) ** (-tau - 1) * exp(-weight * (scale * point) ** -tau)


UNNORMALISED = derive(
    "The density of x = exp((log π + g)/τ)",
    "3.1.20",
    CONTEXT,
    log(Gumbel(tau * log(x), log(pi_i), 1)) + log(tau / x),
    equals(log(tau * pi_i * x ** (-tau - 1) * exp(-pi_i * x**-tau)), "g + log π = τ log x, with |dg/dx| = τ/x"),
)
PARTITION = IndexedSum(pi_k * y_k**-tau, k, 1, K)
WEIGHTS = over_classes(pi_k * y_k ** (-tau - 1))
SCALE_INTEGRAND = derive(
    "The joint density of y = x / c and of c = Σ x, in s = c^{-τ}",
    "3.1.20",
    CONTEXT,
    (s ** (-1 / tau)) ** (K - 1) * over_classes(softmax_term(s ** (-1 / tau), y_k, pi_k)) * (s ** (-1 / tau - 1) / tau),
    equals(
        tau ** (K - 1) * WEIGHTS * s ** (K - 1) * exp(-s * PARTITION),
        "the Jacobian of x = c y is c^{K-1}, and |dc/ds| = s^{-1/τ - 1}/τ",
    ),
)
SCALE_INTEGRAL = derive(
    "The integral over s",
    "3.1.20",
    CONTEXT,
    s ** (K - 1) * exp(-s * B),
    equals(gamma(K) * B**-K * Gamma(s, K, B), "a Gamma density in s, which integrates to one"),
)
LOG_DENSITY = (
    log(gamma(K)) + (K - 1) * log(tau) - K * log(PARTITION)
    + IndexedSum(log(pi_k) - (tau + 1) * log(y_k), k, 1, K)
)  # fmt: skip
GUMBEL_SOFTMAX = derive(
    "The log density of the Gumbel-Softmax",
    "3.1.20",
    CONTEXT,
    log(gamma(K) * tau ** (K - 1) * PARTITION**-K * WEIGHTS),
    equals(LOG_DENSITY, "the log of a product"),
)
SIGMOID = derive(
    "Two classes: a sigmoid of a logistic variable",
    "3.1.20",
    CONTEXT,
    exp((log(pi_i) + g) / tau) / (exp((log(pi_i) + g) / tau) + exp((log(rest) + epsilon) / tau)),
    equals(1 / (1 + exp(-(log(pi_i / rest) + g - epsilon) / tau)), "divide by the first exponential"),
)

DERIVATIONS = (
    CHANGE_OF_VARIABLE, IN_MEAN, IN_SCALE, SECOND_MOMENT_OF_PATH, SECOND_MOMENT_OF_SCORE, EXPONENTIAL, GUMBEL_MAX,
    UNNORMALISED, SCALE_INTEGRAND, SCALE_INTEGRAL, GUMBEL_SOFTMAX, SIGMOID,
)  # fmt: skip
