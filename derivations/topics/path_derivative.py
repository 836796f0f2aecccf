r"""The reparameterised gradient: total derivative = path derivative + score, and what the score contributes.

Roeder, Wu and Duvenaud 2017, Sticking the Landing. z = t(ε, φ) has density q_φ(z|x). The score has mean zero, so
dropping it (stop-gradient on φ inside log q) leaves the gradient unbiased; where q_φ(z|x) is the posterior, the path
derivative vanishes at every draw, while the score keeps the variance of the Fisher information.

Code must satisfy: gradient of the loss with the parameters of log q detached == path derivative, draw by draw.
"""

from __future__ import annotations

from sympy import Integer, Symbol, Tuple, log

from derivations.context import Context
from derivations.language import (
    Array,
    E,
    Gradient,
    Marginal,
    Normal,
    Quantity,
    TotalGradient,
    Transposed,
    Variable,
    densities,
    variables,
)
from derivations.topics.derivation import derive, equals

x, z = variables("x z")
phi = Symbol("phi", real=True)
p, q = densities("p q")
q_phi = q[phi](z | x)

CONTEXT = Context("path_derivative", variables=frozenset({"x", "z"}), latent=(z,), measures={"q": (q_phi,)})

ZERO_MEAN = derive(
    "The score has mean zero",
    "3.1.22",
    CONTEXT,
    E[q_phi](Gradient(log(q_phi), phi)),
    equals(Marginal(q_phi * Gradient(log(q_phi), phi), z), "the definition of the expectation"),
    equals(Marginal(Gradient(q_phi, phi), z), "the gradient of a log is the gradient over the value"),
    equals(Gradient(Marginal(q_phi, z), phi), "sum and gradient exchange"),
    equals(Gradient(Integer(1), phi), "q sums to one"),
    equals(Integer(0), "a constant has no gradient"),
)

SCORE_GRADIENT = derive(
    "The score-function gradient of the ELBO",
    "1.2.5 3.1.22",
    CONTEXT,
    Gradient(E[q_phi](log(p(x, z)) - log(q_phi)), phi),
    equals(
        E[q_phi](Gradient(log(q_phi), phi) * (log(p(x, z)) - log(q_phi))) - E[q_phi](Gradient(log(q_phi), phi)),
        "the product rule, and the gradient of q is q times that of log q",
    ),
    equals(E[q_phi](Gradient(log(q_phi), phi) * (log(p(x, z)) - log(q_phi))), "the score has mean zero"),
)

# --- any q with a path z = t(ε, φ), at one draw of the noise --------------------------------------------------
epsilon = Variable("epsilon")
path = Quantity("t", arguments=(epsilon, phi))
PATH = Context(
    "a differentiable path",
    variables=frozenset({"x", "z", "epsilon"}),
    latent=(z,),
    functions=frozenset({"t"}),
    measures={"q": (q_phi,)},
    paths={z: path},
)
INTEGRAND = log(p(x | z)) + log(p(z)) - log(q_phi)
TOTAL = derive(
    "Total derivative = path derivative + score",
    "3.1.21",
    PATH,
    TotalGradient(INTEGRAND, phi),
    equals(
        Gradient(INTEGRAND, z) * Gradient(path, phi) - Gradient(log(q_phi), phi),
        "the chain rule: φ moves the sample, and it moves the density at a fixed sample",
    ),
    equals(
        Gradient(log(p(z | x)) - log(q_phi), z) * Gradient(path, phi) - Gradient(log(q_phi), phi),
        "log p(x|z) + log p(z) = log p(z|x) + log p(x), and log p(x) has no slope in z",
    ),
)
STOPPED = derive(
    "Stop-gradient on the density leaves the path derivative",
    "3.1.23 3.1.25",
    PATH,
    TotalGradient(INTEGRAND, phi) + Gradient(log(q_phi), phi),
    equals(Gradient(INTEGRAND, z) * Gradient(path, phi), "with φ constant inside log q there is no score"),
)

# --- a Normal q, where every term can be written down ---------------------------------------------------------
GAUSSIAN = Context(
    "a Normal q",
    variables=frozenset({"z", "epsilon"}),
    latent=(z,),
    positive=frozenset({"sigma", "s"}),
    paths={z: Symbol("mu", real=True) + Symbol("sigma", positive=True) * epsilon},
)
mu, sigma, m, s, a, b = map(GAUSSIAN.symbol, ["mu", "sigma", "m", "s", "a", "b"])
NOISE, Q = Normal(epsilon, 0, 1), Normal(z, mu, sigma**2)
SAMPLE = mu + sigma * epsilon
LOG_P = a * z**2 + b * z  # any quadratic log p(x, z)

SLOPE = derive(
    "The slope of log q at the sample",
    "3.1.21",
    GAUSSIAN,
    Gradient(log(Q), z),
    equals(-(z - mu) / sigma**2, "the Normal density; at z = μ + σ ε this is -ε/σ"),
)
SCORE = derive(
    "The score in μ and σ",
    "3.1.21 3.1.22",
    GAUSSIAN,
    Gradient(log(Q), Tuple(mu, sigma)),
    equals(
        Array([[(z - mu) / sigma**2], [((z - mu) ** 2 / sigma**2 - 1) / sigma]]),
        "the Normal density; at z = μ + σ ε this is ε/σ and (ε² - 1)/σ",
    ),
)
IN_MEAN = derive(
    "The total derivative in μ",
    "3.1.21 3.1.23",
    GAUSSIAN,
    TotalGradient(LOG_P - log(Q), mu),
    equals(2 * a * SAMPLE + b, "the path gives ε/σ more, as dz/dμ = 1, and the score takes it: log q does not change"),
)
IN_SCALE = derive(
    "The total derivative in σ",
    "3.1.21 3.1.23",
    GAUSSIAN,
    TotalGradient(LOG_P - log(Q), sigma),
    equals(
        (2 * a * SAMPLE + b + epsilon / sigma) * epsilon - (epsilon**2 - 1) / sigma,
        "path, with dz/dσ = ε, minus score",
    ),
    equals((2 * a * SAMPLE + b) * epsilon + 1 / sigma, "along the path log q changes by -log σ only"),
)
UNBIASED = derive(
    "The path derivative alone has the same mean",
    "3.1.22 3.1.23 3.1.25",
    GAUSSIAN,
    E[NOISE]((2 * a * SAMPLE + b + epsilon / sigma) * epsilon),
    equals(
        E[NOISE]((2 * a * SAMPLE + b + epsilon / sigma) * epsilon - (epsilon**2 - 1) / sigma),
        "the score has mean zero",
    ),
    equals(Gradient(E[Q](LOG_P - log(Q)), sigma), "it is the gradient of the ELBO"),
)

POSTERIOR = Normal(z, m, s**2)
PATH_SLOPE = Gradient(log(POSTERIOR) - log(Q), z)
VANISHES = derive(
    "Where q is the posterior, the path derivative is zero at every draw",
    "3.1.24 3.1.25",
    GAUSSIAN,
    PATH_SLOPE.xreplace({m: mu, s: sigma}),
    equals(Integer(0), "∇_z [log p(z|x) - log q(z|x)], and log p(x) has no slope in z"),
)
SLOPE_NEAR = derive(
    "Elsewhere it is linear in the draw",
    "3.1.24",
    GAUSSIAN,
    PATH_SLOPE,
    equals((z - mu) / sigma**2 - (z - m) / s**2, "the slopes of two Normals"),
)
SCORE_VARIANCE = derive(
    "The score keeps its variance, the Fisher information",
    "3.1.24 3.1.25",
    GAUSSIAN,
    E[Q](Gradient(log(Q), Tuple(mu, sigma)) * Transposed(Gradient(log(Q), Tuple(mu, sigma)))),
    equals(Array([[1 / sigma**2, 0], [0, 2 / sigma**2]]), "E[ε²] = 1 and E[(ε² - 1)²] = 2"),
)
COVARIANCE = derive(
    "The score is a control variate: its covariance with the path derivative in μ",
    "3.1.24",
    GAUSSIAN,
    E[Q](PATH_SLOPE * (z - mu) / sigma**2),
    equals(1 / sigma**2 - 1 / s**2, "subtracting the score helps where twice this exceeds 1/σ², so where s² > 2σ²"),
)

DERIVATIONS = (
    ZERO_MEAN, SCORE_GRADIENT, TOTAL, STOPPED, SLOPE, SCORE, IN_MEAN, IN_SCALE, UNBIASED, VANISHES, SLOPE_NEAR,
    SCORE_VARIANCE, COVARIANCE,
)  # fmt: skip
