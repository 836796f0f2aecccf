r"""The bound of a denoising diffusion model, for any T, and its Gaussian terms in closed form.

Ho, Jain and Abbeel 2020, Denoising Diffusion Probabilistic Models, eq. 2-14 and appendix A. The bound L is on
-log p(x_0), so it is minimised. Forward chain q(x_t|x_{t-1}) = N(√α_t x_{t-1}, β_t), β_t = 1 - α_t, ᾱ_t = Π_{s≤t} α_s;
below `a` is α_t, `abar` is ᾱ_{t-1}, and so ᾱ_t = a · abar. Each line is for one coordinate: coordinates are independent
under q and under p, so divergences add up over them.

Code must satisfy: `forward_posterior` is N(μ̃_t, β̃_t) of eq. 6-7; the three kinds of terms add up to -ELBO; the sum
starts at t = 2, where β̃_t > 0, and L_0 = -log p(x_0|x_1) carries its own minus sign.
"""

from __future__ import annotations

from sympy import Integer, Rational, Symbol, exp, log, sqrt

from derivations.context import Context, Factorization
from derivations.language import (
    KL,
    Conditional,
    E,
    IndexedProduct,
    IndexedSum,
    Normal,
    Variable,
    VariableRange,
    densities,
)
from derivations.topics.derivation import at_most, derive, equals, up_to_constant

half = Rational(1, 2)

# --- the Gaussian terms --------------------------------------------------------------------------------------
GAUSSIAN = Context(
    "diffusion, one Gaussian step",
    variables=frozenset({"x", "epsilon"}),
    positive=frozenset({"a", "abar", "v", "w"}),
    vary=(Symbol("m", real=True), Symbol("mu_theta", real=True)),
)
a, abar, v, w, m, mu_theta, eps, eps_theta, lam = map(
    GAUSSIAN.symbol, ["a", "abar", "v", "w", "m", "mu_theta", "eps", "eps_theta", "lambda"]
)
x_0, x_before, x_t, x_T = (Variable(name) for name in ("x0", "xp", "xt", "xT"))
beta = 1 - a
POSTERIOR_MEAN = (sqrt(abar) * beta * x_0 + sqrt(a) * (1 - abar) * x_t) / (1 - a * abar)
POSTERIOR_VARIANCE = (1 - abar) / (1 - a * abar) * beta
NOISY = sqrt(a * abar) * x_0 + sqrt(1 - a * abar) * eps

MARGINAL = derive(
    "The forward marginal, by its moment generating function",
    "4.1.26",
    GAUSSIAN,
    E[Normal(x_before, sqrt(abar) * x_0, 1 - abar)](exp(lam * sqrt(a) * x_before + lam**2 * beta / 2)),
    equals(
        exp(lam * sqrt(a * abar) * x_0 + lam**2 * (1 - a * abar) / 2),
        "that of N(√ᾱ_t x_0, 1 - ᾱ_t): by induction, eq. 4 holds for every t",
    ),
)

REVERSED = derive(
    "The forward step reversed, given x_0",
    "4.1.26",
    GAUSSIAN,
    log(Normal(x_t, sqrt(a) * x_before, beta))
    + log(Normal(x_before, sqrt(abar) * x_0, 1 - abar))
    - log(Normal(x_t, sqrt(a * abar) * x_0, 1 - a * abar)),
    equals(
        log(Normal(x_before, POSTERIOR_MEAN, POSTERIOR_VARIANCE)),
        "Bayes' rule, and completing the square: eq. 6-7",
    ),
)

GAUSSIAN_DIVERGENCE = derive(
    "The divergence between two Gaussians",
    "4.1.26 3.1.25",
    GAUSSIAN,
    KL(Normal(x_t, m, v), Normal(x_t, mu_theta, w)),
    equals(half * log(w / v) + (v + (m - mu_theta) ** 2) / (2 * w) - half, "E[(x - μ_θ)²] = v + (m - μ_θ)²"),
    up_to_constant((m - mu_theta) ** 2 / (2 * w), "what does not depend on the means: eq. 8"),
)

PRIOR_TERM = derive(
    "L_T has no parameters",
    "4.1.26",
    GAUSSIAN,
    KL(Normal(x_T, sqrt(abar) * x_0, 1 - abar), Normal(x_T, 0, 1)),
    equals(half * (abar * x_0**2 - abar - log(1 - abar)), "the divergence from a standard Normal"),
)

MEAN_FROM_NOISE = derive(
    "The posterior mean in terms of the noise",
    "4.1.26",
    GAUSSIAN,
    POSTERIOR_MEAN.xreplace({x_0: (x_t - sqrt(1 - a * abar) * eps) / sqrt(a * abar)}),
    equals((x_t - beta / sqrt(1 - a * abar) * eps) / sqrt(a), "x_0 = (x_t - √(1 - ᾱ_t) ε) / √ᾱ_t: eq. 10"),
)

NOISE_PREDICTION = derive(
    "The loss of the predicted noise",
    "4.1.26",
    GAUSSIAN,
    (
        (x_t - beta / sqrt(1 - a * abar) * eps) / sqrt(a)
        - (x_t - beta / sqrt(1 - a * abar) * eps_theta) / sqrt(a)
    ) ** 2 / (2 * w),
    equals(
        beta**2 / (2 * w * a * (1 - a * abar)) * (eps - eps_theta) ** 2,
        "μ_θ has the same form with ε_θ(x_t, t) for ε: eq. 12; L_simple drops the weight",
    ),
)  # fmt: skip

FIRST_STEP = derive(
    "At t = 1 the reversed step is certain, so the sum must start at t = 2",
    "4.1.26",
    GAUSSIAN,
    POSTERIOR_VARIANCE.subs(abar, 1),
    equals(Integer(0), "ᾱ_0 = 1: a divergence from a point mass is infinite"),
)

# --- the bound, for any densities with these factorisations --------------------------------------------------
t, T = Symbol("t", integer=True, positive=True), Symbol("T", integer=True, positive=True)
p, q = densities("p q")


def x(index: object) -> Variable:
    """x at a step."""
    return Variable("x", index)


PATH, LATENT = VariableRange("x", 0, T), VariableRange("x", 1, T)
CONTEXT = Context(
    "diffusion",
    variables=frozenset({"x"}),
    latent=(LATENT,),
    integers=frozenset({"T", "t"}),
    factorizations=(
        Factorization("p", (p(x(T)), IndexedProduct(p(x(t - 1) | x(t)), t, 1, T))),
        Factorization("q", (q(x(0)), IndexedProduct(q(x(t) | x(t - 1)), t, 1, T))),
    ),
    ranges={"t": (Integer(1), T)},
    measures={"q": (q(PATH),), "": (q(x(0)),)},
)
Eq = E["q"]


FORWARD_RATIO = p(x(t - 1) | x(t)) / q(x(t) | x(t - 1))
REVERSED_STEP = q(Conditional((x(t - 1),), (x(t), x(0))))
LAST = p(x(0) | x(1))
START_TERM = log(LAST / q(x(1) | x(0)))

TERMS = (
    E[q(x(0))](KL(q(x(T) | x(0)), p(x(T))))
    + IndexedSum(E[q(x(0), x(t))](KL(REVERSED_STEP, p(x(t - 1) | x(t)))), t, 2, T)
    - E[q(x(0), x(1))](log(LAST))
)
BOUND = derive(
    "The bound as L_T + Σ L_{t-1} + L_0",
    "4.1.26",
    CONTEXT,
    E[q(x(0))](-log(p(x(0)))),
    at_most(Eq(-log(p(PATH) / q(LATENT | x(0)))), "Jensen, or the ELBO of Z = x_{1:T}: eq. 3"),
    equals(Eq(-log(p(x(T))) - IndexedSum(log(FORWARD_RATIO), t, 1, T)), "both chains factorise"),
    equals(
        Eq(-log(p(x(T))) - IndexedSum(log(FORWARD_RATIO), t, 2, T) - START_TERM),
        "the step t = 1 apart, before Bayes' rule",
    ),
    equals(
        Eq(
            -log(p(x(T)))
            - IndexedSum(
                log(p(x(t - 1) | x(t)) / REVERSED_STEP * q(x(t - 1) | x(0)) / q(x(t) | x(0))), t, 2, T
            )
            - START_TERM
        ),
        "q(x_t|x_{t-1}) = q(x_t|x_{t-1}, x_0), and Bayes' rule",
    ),
    equals(
        Eq(
            -log(p(x(T)) / q(x(T) | x(0)))
            - IndexedSum(log(p(x(t - 1) | x(t)) / REVERSED_STEP), t, 2, T)
            - log(LAST)
        ),
        "the second fractions telescope to q(x_1|x_0) / q(x_T|x_0)",
    ),
    equals(TERMS, "each expectation over the variables its term has: x_0; x_0 and x_t; x_0 and x_1"),
)  # fmt: skip

TELESCOPE = derive(
    "The telescope",
    "4.1.26",
    CONTEXT,
    IndexedSum(log(q(x(t - 1) | x(0)) / q(x(t) | x(0))), t, 2, T),
    equals(log(q(x(1) | x(0))) - log(q(x(T) | x(0))), "every term but the first and the last cancels"),
)

BAYES = derive(
    "The forward step by Bayes' rule, given x_0",
    "4.1.26",
    CONTEXT,
    q(x(t) | x(t - 1)),
    equals(q(Conditional((x(t),), (x(t - 1), x(0)))), "the Markov property, for t > 1"),
    equals(REVERSED_STEP * q(x(t) | x(0)) / q(x(t - 1) | x(0)), "Bayes' rule, every density given x_0"),
)

DERIVATIONS = (
    BAYES, TELESCOPE, BOUND, MARGINAL, REVERSED, GAUSSIAN_DIVERGENCE, PRIOR_TERM, MEAN_FROM_NOISE, NOISE_PREDICTION,
    FIRST_STEP,
)  # fmt: skip
