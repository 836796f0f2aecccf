r"""The importance-weighted bound L_K = E[log (1/K Σ_k w_k)], w_k = p(X, Z_k) / q(Z_k|X), Z_k ~ q independently.

Burda, Grosse and Salakhutdinov 2015, Importance Weighted Autoencoders, eq. 8, theorem 1, eq. 13-14. L_1 is the ELBO,
L_K ≤ L_{K+1} ≤ log p(X), and the gradient of L_K weighs the gradients of log w_k by w_k / Σ_j w_j.

Code must satisfy: `iwelbo(K=1) == elbo`, L_K does not decrease in K, and the gradient is that of the definition.
"""

from __future__ import annotations

from sympy import Function, Integer, Rational, Symbol, exp, log

from derivations.context import Context
from derivations.language import (
    Draws,
    E,
    Gradient,
    IndexedSum,
    Marginal,
    Variable,
    VariableRange,
    densities,
)
from derivations.topics.derivation import at_least, at_most, derive, equals

half = Rational(1, 2)
k, K = Symbol("k", integer=True, positive=True), Symbol("K", integer=True, positive=True)
X, Z = Variable("X"), Variable("Z")
p, q = densities("p q")


def draw(index: object) -> Variable:
    """The k-th draw."""
    return Variable("Z", index)


CONTEXT = Context(
    "importance_weighting",
    variables=frozenset({"X", "Z"}),
    latent=(Z,),
    integers=frozenset({"K", "k"}),
    draws=(q(draw(k) | X),),
    ranges={"k": (Integer(1), K)},
)
DRAWS = Draws(VariableRange("Z", 1, K))
weight = p(X, draw(k)) / q(draw(k) | X)
MEAN_WEIGHT = IndexedSum(weight, k, 1, K) / K
IWELBO = E[DRAWS](log(MEAN_WEIGHT))
ELBO = E[q(Z | X)](log(p(X, Z) / q(Z | X)))

UNBIASED = derive(
    "The average weight estimates the evidence without bias",
    "2.1.10",
    CONTEXT,
    p(X),
    equals(Marginal(p(X, Z), Z), "marginalisation"),
    equals(E[q(Z | X)](p(X, Z) / q(Z | X)), "multiply and divide by q(Z|X); the definition of the expectation"),
    equals(E[DRAWS](MEAN_WEIGHT), "each of the K draws has this mean"),
)

BOUND = derive(
    "The bound holds for every K",
    "2.1.10 4.2.27",
    CONTEXT,
    log(p(X)),
    equals(log(E[DRAWS](MEAN_WEIGHT)), "the average weight is unbiased"),
    at_least(IWELBO, "Jensen: the log is concave"),
)

ABOVE_ELBO = derive(
    "It is no looser than the ELBO",
    "2.1.11",
    CONTEXT,
    IWELBO,
    at_least(E[DRAWS](IndexedSum(log(weight), k, 1, K) / K), "Jensen for the average over k, at every draw"),
    equals(ELBO, "the K draws have the same distribution"),
)

SINGLE = derive(
    "With one draw it is the ELBO",
    "2.1.11 4.2.27",
    CONTEXT,
    E[q(draw(1) | X)](log(p(X, draw(1)) / q(draw(1) | X))),
    equals(ELBO, "Z_1 and Z are drawn alike"),
)

# --- monotone in K: leave one weight out at a time -------------------------------------------------------------
j = Symbol("j", integer=True, positive=True)
WEIGHTS = Context("positive weights", integers=frozenset({"K"}), positive=frozenset({"w", "total"}))
w_k, w_j = Variable("w", k), Variable("w", j)
TOTAL = IndexedSum(w_k, k, 1, K + 1)
LEAVE_ONE_OUT = derive(
    "The average of K + 1 weights is the average of its K + 1 averages of K",
    "2.1.11",
    WEIGHTS,
    log(TOTAL / (K + 1)),
    equals(log(IndexedSum((TOTAL - w_j) / K, j, 1, K + 1) / (K + 1)), "each weight is left out once"),
    at_least(
        IndexedSum(log((TOTAL - w_j) / K), j, 1, K + 1) / (K + 1),
        "Jensen; each term has the mean L_K, so L_{K+1} is at least L_K",
    ),
)

# --- the gradient: log-weights l_k that depend on φ in any way --------------------------------------------------
GRADIENT = Context("weights that depend on a parameter", integers=frozenset({"K"}))
phi = Symbol("phi", real=True)
log_weight = Function("l", real=True)
NORMALISED_WEIGHT = exp(log_weight(k, phi)) / IndexedSum(exp(log_weight(j, phi)), j, 1, K)
GRADIENT_STEPS = derive(
    "The gradient weighs the draws by their normalised weights",
    "4.2.27",
    GRADIENT,
    Gradient(log(IndexedSum(exp(log_weight(k, phi)), k, 1, K) / K), phi),
    equals(
        IndexedSum(exp(log_weight(k, phi)) * Gradient(log_weight(k, phi), phi), k, 1, K)
        / IndexedSum(exp(log_weight(j, phi)), j, 1, K),
        "d log S = dS / S, and the 1/K cancels",
    ),
    equals(
        IndexedSum(NORMALISED_WEIGHT * Gradient(log_weight(k, phi), phi), k, 1, K),
        "the normalised weights w_k / Σ_j w_j sum to one: eq. 14",
    ),
)

NORMALISATION = derive(
    "The normalised weights sum to one",
    "4.2.27",
    GRADIENT,
    IndexedSum(NORMALISED_WEIGHT, k, 1, K),
    equals(Integer(1), "the denominator is the sum of the numerators"),
)

SURROGATE = derive(
    "Two draws: as good as their sum at most, and never below their average",
    "2.1.11",
    WEIGHTS,
    half * log(Variable("w", 1)) + half * log(Variable("w", 2)),
    at_most(log((Variable("w", 1) + Variable("w", 2)) / 2), "the geometric mean is at most the arithmetic mean"),
)

DERIVATIONS = (
    UNBIASED, BOUND, ABOVE_ELBO, SINGLE, SURROGATE, LEAVE_ONE_OUT, GRADIENT_STEPS, NORMALISATION,
)  # fmt: skip
