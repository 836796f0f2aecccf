r"""The Gamma distribution as an exponential family, by shape and scale and by shape and rate.

log p(x) = η · T(x) - A(η), with T(x) = (log x, x), η = (α - 1, -1/β) for a scale β and (α - 1, -β) for a rate β, and
A(η) = log Γ(η_1 + 1) - (η_1 + 1) log(-η_2). Wainwright and Jordan 2008, section 3; Amari 1998, Natural Gradient Works
Efficiently in Learning, section 2. The Fisher matrix in θ = (α, β) is Jᵀ F(η) J with J = ∂η/∂θ, so the natural gradient
is F(θ)⁻¹ ∇_θ L = J⁻¹ F(η)⁻¹ ∇_η L, with J⁻¹ where Jᵀ might be expected.

Code must satisfy: `log_partition_gradient == E[T]`, `fisher_information == E[score scoreᵀ]` in the same
parameterisation as the gradient of the negative log likelihood, and `natural_gradient == solve(fisher, gradient)`.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Integer, Symbol, Tuple, digamma, log, loggamma, polygamma

from derivations.context import Context, GammaConvention
from derivations.language import KL, Array, E, Gamma, Gradient, IndexedSum, Transposed, Variable
from derivations.topics.derivation import Derivation, derive, equals

n = Symbol("n", integer=True, positive=True)
x, x_n = Variable("x"), Variable("x", n)
eta_1, eta_2 = Symbol("eta_1", real=True), Symbol("eta_2", negative=True)
eta = Tuple(eta_1, eta_2)

CONTEXT = Context(
    "gamma",
    variables=frozenset({"x"}),
    latent=(x,),
    positive=frozenset({"x", "alpha", "beta", "gamma", "delta"}),
    integers=frozenset({"N"}),
    gamma=GammaConvention.SCALE,
)
alpha, beta, gamma, delta, N, g_1, g_2 = map(CONTEXT.symbol, ["alpha", "beta", "gamma", "delta", "N", "g_1", "g_2"])
theta = Tuple(alpha, beta)

LOG_PARTITION = loggamma(eta_1 + 1) - (eta_1 + 1) * log(-eta_2)
DENSITY = Gamma(x, eta_1 + 1, -eta_2)
STATISTICS = Array([[log(x)], [x]])
MEAN = Array([[digamma(eta_1 + 1) - log(-eta_2)], [-(eta_1 + 1) / eta_2]])
FISHER_ETA = Array([
    [polygamma(1, eta_1 + 1), -1 / eta_2],
    [-1 / eta_2, (eta_1 + 1) / eta_2**2],
])  # fmt: skip


def second_derivatives(body: Expr, coordinates: Tuple) -> Array:
    """The Hessian of `body`."""
    return Array([[Gradient(Gradient(body, i), j) for j in coordinates] for i in coordinates])


EXPONENTIAL_FORM = derive(
    "The canonical form",
    "2.2.14",
    CONTEXT,
    log(DENSITY),
    equals(
        (eta_1 + 1) * log(-eta_2) - loggamma(eta_1 + 1) + eta_1 * log(x) + eta_2 * x,
        "shape η_1 + 1 and rate -η_2; what does not depend on x is -A(η)",
    ),
)

MEAN_STEPS = derive(
    "The gradient of the log-partition is the mean of the statistics",
    "2.2.14",
    CONTEXT,
    Gradient(LOG_PARTITION, eta),
    equals(MEAN, "d log Γ(a) / da = ψ(a)"),
    equals(E[DENSITY](STATISTICS), "E[log x] and E[x] of a Gamma with shape η_1 + 1 and rate -η_2"),
)

COVARIANCE_STEPS = derive(
    "Its second derivatives are their covariance, and the Fisher matrix",
    "2.2.14 2.2.16",
    CONTEXT,
    second_derivatives(LOG_PARTITION, eta),
    equals(FISHER_ETA, "dψ(a)/da = ψ_1(a)"),
    equals(E[DENSITY]((STATISTICS - MEAN) * Transposed(STATISTICS - MEAN)), "the second moments of log x and x"),
    equals(E[DENSITY](Gradient(log(DENSITY), eta) * Transposed(Gradient(log(DENSITY), eta))), "the score is T - ∇A"),
)


@dataclass(frozen=True)
class Parameterization:
    """Shape and a second parameter β, which makes the rate `rate` and enters η_2 as its negative."""

    name: str
    rate: Expr
    fisher: Array
    jacobian: Array
    inverse_fisher: Array

    @property
    def density(self) -> Gamma:
        """The density of one draw at x."""
        return Gamma(x, alpha, self.rate)

    @property
    def fisher_in_eta(self) -> Array:
        """F(η) at the η of this θ."""
        return FISHER_ETA.xreplace({eta_1: alpha - 1, eta_2: -self.rate})

    @property
    def negative_log_likelihood(self) -> Expr:
        """-1/N log p(x_{1:N} | α, β), in nats an observation."""
        return -IndexedSum(log(Gamma(x_n, alpha, self.rate)), n, 1, N) / N


DETERMINANT = alpha * polygamma(1, alpha) - 1

SCALE = Parameterization(
    "shape and scale",
    1 / beta,
    fisher=Array([[polygamma(1, alpha), 1 / beta], [1 / beta, alpha / beta**2]]),
    jacobian=Array([[1, 0], [0, 1 / beta**2]]),
    inverse_fisher=Array([[alpha, -beta], [-beta, beta**2 * polygamma(1, alpha)]]) / DETERMINANT,
)
RATE = Parameterization(
    "shape and rate",
    beta,
    fisher=Array([[polygamma(1, alpha), -1 / beta], [-1 / beta, alpha / beta**2]]),
    jacobian=Array([[1, 0], [0, -1]]),
    inverse_fisher=Array([[alpha, beta], [beta, beta**2 * polygamma(1, alpha)]]) / DETERMINANT,
)


def fisher_steps(by: Parameterization) -> Derivation:
    """F(θ) as E[score scoreᵀ], as minus the mean Hessian, and through the Jacobian."""
    score, log_density = Gradient(log(by.density), theta), log(by.density)
    coordinates = Array([[Gradient(alpha - 1, theta[0]), 0], [0, Gradient(-by.rate, theta[1])]])
    return derive(
        f"The Fisher matrix by {by.name}",
        "2.2.15 2.2.16",
        CONTEXT,
        E[by.density](score * Transposed(score)),
        equals(by.fisher, "the second moments of log x and x"),
        equals(-E[by.density](second_derivatives(log_density, theta)), "the information identity"),
        equals(Transposed(by.jacobian) * by.fisher_in_eta * by.jacobian, "the change of coordinates, J = ∂η/∂θ"),
        equals(Transposed(coordinates) * by.fisher_in_eta * coordinates, "J written out as derivatives"),
    )


def natural_gradient_steps(by: Parameterization) -> Derivation:
    """The natural gradient of any L whose gradient in η is g."""
    g = Array([[g_1], [g_2]])
    return derive(
        f"The natural gradient by {by.name}",
        "2.2.15 2.2.18",
        CONTEXT,
        by.fisher**-1 * (Transposed(by.jacobian) * g),
        equals(by.jacobian**-1 * by.fisher_in_eta**-1 * g, "(Jᵀ F J)⁻¹ Jᵀ = J⁻¹ F⁻¹"),
        equals(by.inverse_fisher * Transposed(by.jacobian) * g, "the inverse of a 2 by 2 matrix"),
    )


def likelihood_steps(by: Parameterization) -> Derivation:
    """The average negative log likelihood."""
    sums = (IndexedSum(log(x_n), n, 1, N) / N, IndexedSum(x_n, n, 1, N) / N)
    return derive(
        f"The average negative log likelihood by {by.name}",
        "2.2.17",
        CONTEXT,
        by.negative_log_likelihood,
        equals(
            loggamma(alpha) - alpha * log(by.rate) - (alpha - 1) * sums[0] + by.rate * sums[1],
            "constants are summed N times",
        ),
    )


def gradient_steps(by: Parameterization) -> Derivation:
    """Its gradient, which is the model's mean of T minus the data's, through the Jacobian."""
    mean_log, mean = IndexedSum(log(x_n), n, 1, N) / N, IndexedSum(x_n, n, 1, N) / N
    return derive(
        f"Its gradient by {by.name}",
        "2.2.17 2.2.18",
        CONTEXT,
        Gradient(by.negative_log_likelihood, theta),
        equals(
            Array([[digamma(alpha) - log(by.rate) - mean_log], [(mean - alpha / by.rate) * Gradient(by.rate, beta)]]),
            "differentiate term by term",
        ),
        equals(
            Transposed(by.jacobian) * Array([[digamma(alpha) - log(by.rate) - mean_log], [alpha / by.rate - mean]]),
            "Jᵀ (E[T] - mean of T): it vanishes where the moments match",
        ),
    )


SCALE_DIVERGENCE = (
    (alpha - gamma) * digamma(alpha) - loggamma(alpha) + loggamma(gamma) + gamma * log(beta / delta)
    + alpha * (delta - beta) / beta
)  # fmt: skip
DIVERGENCE = derive(
    "The divergence between two Gammas, by shape and rate",
    "2.2.15",
    CONTEXT,
    KL(Gamma(x, alpha, beta), Gamma(x, gamma, delta)),
    equals(SCALE_DIVERGENCE, "E[log x] = ψ(α) - log β and E[x] = α/β"),
)

ONE_STEP = derive(
    "The natural gradient of that divergence points straight at its minimum",
    "2.2.15 2.2.19",
    CONTEXT,
    RATE.fisher**-1 * Gradient(SCALE_DIVERGENCE, theta),
    equals(Array([[alpha - gamma], [beta - delta]]), "F(η)⁻¹ ∇_η KL = η - η_p, and η is linear in the rate"),
)

ZERO_MEAN = derive(
    "The score of a Gamma has mean zero",
    "2.2.16 3.1.22",
    CONTEXT,
    E[SCALE.density](Gradient(log(SCALE.density), theta)),
    equals(Array([[Integer(0)], [Integer(0)]]), "E[log x] = ψ(α) + log β and E[x] = α β"),
)

DERIVATIONS = (
    EXPONENTIAL_FORM, MEAN_STEPS, COVARIANCE_STEPS,
    *(steps(by) for by in (SCALE, RATE) for steps in (fisher_steps, natural_gradient_steps, likelihood_steps,
                                                      gradient_steps)),
    DIVERGENCE, ONE_STEP, ZERO_MEAN,
)  # fmt: skip
