r"""The mean-field optimum: log q_1*(Z_1) = E_{-Z_1}[log p(X, Z)] + constant, for a q that factorises.

Bishop 2006, section 10.1.1; Jordan et al. 1999. The ELBO is stationary in q_1 under the constraint that q_1 integrates
to one, and is minus a divergence from q_1*, so the stationary point is the maximum. The price of the family is the
divergence from the posterior: for a Gaussian with correlation ρ it is -½ log(1 - ρ²) nats.

Code must satisfy: no change of one factor raises the ELBO at the fixed point of the coordinate updates.
"""

from __future__ import annotations

from sympy import Rational, exp, log, pi

from derivations.context import Context, Factorization
from derivations.language import (
    Constant,
    Density,
    DensityName,
    E,
    Gradient,
    Marginal,
    Normal,
    Variable,
    densities,
)
from derivations.topics.derivation import at_most, derive, equals, up_to_constant

half = Rational(1, 2)
X, Z = Variable("X"), Variable("Z")
Z_1, Z_2, Z_3 = (Variable("Z", i) for i in (1, 2, 3))
p, q = densities("p q")


def factor(i: int) -> Density:
    """q_i(Z_i)."""
    return DensityName(f"q_{i}")(Variable("Z", i))


Q_1, Q_2, Q_3 = map(factor, (1, 2, 3))
MEAN_OF_OTHERS = E[Q_2, Q_3](log(p(X, Z)))
OPTIMUM = exp(MEAN_OF_OTHERS) / Marginal(exp(MEAN_OF_OTHERS), Z_1)

CONTEXT = Context(
    "mean_field",
    variables=frozenset({"X", "Z"}),
    latent=(Z_1, Z_2, Z_3),
    factorizations=(Factorization("q", (Q_1, Q_2, Q_3)),),
    blocks={Z: (Z_1, Z_2, Z_3)},
    measures={"q": (Q_1, Q_2, Q_3)},
    constants=frozenset({"C", "lambda"}),
    vary=(Z_1, Q_1),
)
ELBO = E[q(Z)](log(p(X, Z) / q(Z)))
multiplier = Constant("lambda")

SPLIT = derive(
    "The ELBO as a function of one factor",
    "1.1.3",
    CONTEXT,
    ELBO,
    equals(E[q(Z)](log(p(X, Z))) - E[q(Z)](log(q(Z))), "the log of a quotient"),
    equals(
        E[q(Z)](log(p(X, Z))) - E[Q_1](log(Q_1)) - E[Q_2](log(Q_2)) - E[Q_3](log(Q_3)),
        "the log of a product, and each other factor sums to one",
    ),
    equals(E[Q_1](MEAN_OF_OTHERS) - E[Q_1](log(Q_1)) - E[Q_2](log(Q_2)) - E[Q_3](log(Q_3)), "expectations one by one"),
    up_to_constant(E[Q_1](MEAN_OF_OTHERS) - E[Q_1](log(Q_1)), "the entropies of the others do not depend on q_1"),
)

STATIONARY = derive(
    "The functional derivative in q_1(Z_1)",
    "1.1.3",
    CONTEXT,
    Gradient(E[Q_1](MEAN_OF_OTHERS) - E[Q_1](log(Q_1)) + multiplier * (Marginal(Q_1, Z_1) - 1), Q_1),
    equals(MEAN_OF_OTHERS - log(Q_1) - 1 + multiplier, "each integral is differentiated at the point Z_1"),
)

NORMALISED = derive(
    "The optimum, normalised",
    "1.1.3",
    CONTEXT,
    log(OPTIMUM),
    equals(MEAN_OF_OTHERS - log(Marginal(exp(MEAN_OF_OTHERS), Z_1)), "the log of a quotient"),
    up_to_constant(MEAN_OF_OTHERS, "the normaliser does not depend on Z_1"),
)

OPTIMAL = derive(
    "It is the maximum: what is left is minus a divergence from it",
    "1.1.3",
    CONTEXT,
    E[Q_1](MEAN_OF_OTHERS) - E[Q_1](log(Q_1)),
    equals(
        log(Marginal(exp(MEAN_OF_OTHERS), Z_1)) - E[Q_1](log(Q_1 / OPTIMUM)),
        "add and subtract the log of the normaliser",
    ),
    equals(E[Q_1](log(exp(MEAN_OF_OTHERS) / Q_1)), "the normalisers cancel"),
    at_most(log(E[Q_1](exp(MEAN_OF_OTHERS) / Q_1)), "Jensen, with equality where the fraction is constant: at q_1*"),
    equals(log(Marginal(exp(MEAN_OF_OTHERS), Z_1)), "q_1 cancels"),
)

# --- what a factorised family costs: two standard Normals with correlation ρ -----------------------------------
u, v = Variable("u"), Variable("v")
PAIR = Context("two correlated Normals", variables=frozenset({"u", "v"}), latent=(u, v), vary=(u,))
rho, m = PAIR.symbol("rho"), PAIR.symbol("m")
precision = 1 / (1 - rho**2)
log_joint = -log(2 * pi) - half * log(1 - rho**2) - (u**2 - 2 * rho * u * v + v**2) * precision / 2
FACTOR_U, FACTOR_V = Normal(u, 0, 1 - rho**2), Normal(v, 0, 1 - rho**2)

UPDATE = derive(
    "The optimal factor of u has the conditional's variance",
    "1.1.2 1.1.3",
    PAIR,
    E[Normal(v, m, 1 - rho**2)](log_joint),
    up_to_constant(-precision / 2 * (u**2 - 2 * rho * m * u), "E[v] = m; the rest does not depend on u"),
    up_to_constant(log(Normal(u, rho * m, 1 - rho**2)), "complete the square: the fixed point of both means is 0"),
)

GAP = derive(
    "The gap of the bound",
    "1.1.2",
    PAIR,
    E[FACTOR_U, FACTOR_V](log(FACTOR_U * FACTOR_V) - log_joint),
    equals(-half * log(1 - rho**2), "E[u²] = E[v²] = 1 - ρ² and E[u v] = 0"),
)

DERIVATIONS = (SPLIT, STATIONARY, NORMALISED, OPTIMAL, UPDATE, GAP)
