r"""The evidence lower bound: log p(X) = ELBO(q) + KL(q(Z) ‖ p(Z|X)), for any density q that is positive where p is.

Jordan, Ghahramani, Jaakkola and Saul 1999, An Introduction to Variational Methods for Graphical Models, section 6;
Bishop 2006, Pattern Recognition and Machine Learning, eq. 10.2-10.4. All logs are natural, so bounds are in nats.

Code must satisfy: `elbo + KL(q, posterior) == log_evidence`, and `elbo == log_evidence` where q is the posterior.
"""

from __future__ import annotations

from sympy import Integer

from derivations.context import Context
from derivations.language import KL, E, Entropy, Marginal, densities, log, variables
from derivations.topics.derivation import at_least, derive, equals

X, Z = variables("X Z")
p, q = densities("p q")

CONTEXT = Context("elbo", variables=frozenset({"X", "Z"}), latent=(Z,))

ELBO = E[q(Z)](log(p(X, Z) / q(Z)))
GAP = KL(q(Z), p(Z | X))

DECOMPOSITION = derive(
    "The log evidence is the ELBO plus the divergence to the posterior",
    "1.1.1",
    CONTEXT,
    log(p(X)),
    equals(E[q(Z)](log(p(X))), "log p(X) does not depend on Z, and q sums to one"),
    equals(E[q(Z)](log(p(X, Z) / p(Z | X))), "the product rule, p(X, Z) = p(Z|X) p(X)"),
    equals(ELBO + E[q(Z)](log(q(Z) / p(Z | X))), "multiply and divide by q(Z); the log of a product, linearity"),
    equals(ELBO + GAP, "the definition of the divergence"),
)

DIVERGENCE = derive(
    "The divergence to the posterior, written out",
    "1.1.1",
    CONTEXT,
    GAP,
    equals(Marginal(q(Z) * log(q(Z) / p(Z | X)), Z), "the definition of the divergence"),
    equals(Marginal(q(Z) * log(q(Z) * p(X) / p(X, Z)), Z), "p(Z|X) = p(X, Z) / p(X)"),
    equals(
        Marginal(q(Z) * log(q(Z)), Z) - Marginal(q(Z) * log(p(X, Z)), Z) + log(p(X)) * Marginal(q(Z), Z),
        "the log of a quotient, and linearity of the integral",
    ),
    equals(log(p(X)) - ELBO, "q sums to one, and the definition of the ELBO"),
)

BOUND = derive(
    "The ELBO is a lower bound",
    "1.1.1 1.1.2",
    CONTEXT,
    log(p(X)),
    equals(ELBO + GAP, "the decomposition"),
    at_least(ELBO, "a divergence is never negative"),
)

JENSEN = derive(
    "The same bound by Jensen's inequality",
    "1.1.1",
    CONTEXT,
    log(p(X)),
    equals(log(Marginal(p(X, Z), Z)), "marginalisation"),
    equals(log(E[q(Z)](p(X, Z) / q(Z))), "multiply and divide by q(Z)"),
    at_least(ELBO, "Jensen: the log is concave"),
)

TIGHT = derive(
    "The bound is tight where q is the posterior",
    "1.1.2",
    CONTEXT,
    E[p(Z | X)](log(p(X, Z) / p(Z | X))),
    equals(E[p(Z | X)](log(p(X))), "the product rule"),
    equals(log(p(X)), "log p(X) does not depend on Z"),
)

FORMS = derive(
    "Energy and entropy; reconstruction and regulariser",
    "1.1.1 3.1.25",
    CONTEXT,
    ELBO,
    equals(E[q(Z)](log(p(X, Z))) + Entropy(q(Z)), "the log of a quotient, and the definition of entropy"),
    equals(E[q(Z)](log(p(X | Z))) + E[q(Z)](log(p(Z))) - E[q(Z)](log(q(Z))), "the product rule"),
    equals(E[q(Z)](log(p(X | Z))) - KL(q(Z), p(Z)), "the definition of the divergence"),
)

SELF = derive(
    "A density has no divergence from itself",
    "1.1.2",
    CONTEXT,
    KL(q(Z), q(Z)),
    equals(E[q(Z)](log(q(Z) / q(Z))), "the definition of the divergence"),
    equals(Integer(0), "log 1 = 0"),
)

DERIVATIONS = (DECOMPOSITION, DIVERGENCE, BOUND, JENSEN, TIGHT, FORMS, SELF)
