r"""The score-function gradient of the ELBO for one variable of a directed model, without what only adds noise.

Ranganath, Gerrish and Blei 2014, Black Box Variational Inference, eq. 2, 5-7 and appendix A. For a mean-field q, the
gradient in the parameter λ_i of q_i is E_q[∇ log q_i(z_i) (log p_i - log q_i(z_i))], where log p_i keeps the factors of
the joint that contain z_i; so the expectation is over z_i and its Markov blanket only. What is left out has the form
E[∇ log q_i(z_i)] times a factor without z_i, which is zero.

Code must satisfy: `factors(model, variable)` are the factors that contain the variable; same mean, not more variance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Add, Expr, Integer, Symbol, log

from derivations.context import Context, Factorization
from derivations.language import Conditional, Density, DensityName, E, Gradient, IndexedProduct, IndexedSum, Variable
from derivations.topics.derivation import Derivation, at_most, derive, equals

Graph = Mapping[str, Sequence[str]]  # each node with its parents


def conditional(graph: Graph, node: str) -> Density:
    """p(node | parents)."""
    parents = tuple(Variable(parent) for parent in graph[node])
    p = DensityName("p")
    return p(Conditional((Variable(node),), parents)) if parents else p(Variable(node))


def factor_of(node: str) -> Density:
    """q_λ(node), with a parameter of its own."""
    return DensityName("q", (Symbol(f"lambda_{node}", real=True),))(Variable(node))


def factors_with(graph: Graph, node: str) -> tuple[Density, ...]:
    """The factors of the joint that contain the node: its own, and those of its children."""
    return tuple(conditional(graph, child) for child in graph if node in (child, *graph[child]))


def blanket(graph: Graph, node: str) -> tuple[str, ...]:
    """The node's parents, children and the children's other parents."""
    family = [name for child in graph if node in (child, *graph[child]) for name in (child, *graph[child])]
    return tuple(name for name in dict.fromkeys(family) if name != node)


def rao_blackwell(graph: Graph, observed: frozenset[str], node: str) -> Derivation:
    """The gradient for one latent node of any directed model, from the full gradient to its Markov blanket."""
    latent = [name for name in graph if name not in observed]
    joint_q = tuple(factor_of(name) for name in latent)
    context = Context(
        f"directed model, gradient for {node}",
        variables=frozenset(graph),
        latent=tuple(Variable(name) for name in latent),
        factorizations=(
            Factorization("p", tuple(conditional(graph, name) for name in graph)),
            Factorization("q", joint_q),
        ),
    )
    log_p = Add(*(log(conditional(graph, name)) for name in graph))
    log_q = Add(*(log(factor) for factor in joint_q))
    own = factor_of(node)
    (parameter,) = own.parameters
    score = Gradient(log(own), parameter)
    near = tuple(factor_of(name) for name in (node, *blanket(graph, node)) if name not in observed)
    log_near = Add(*(log(factor) for factor in factors_with(graph, node)))
    return derive(
        f"The gradient for {node} needs its Markov blanket only",
        "2.1.12",
        context,
        Gradient(E[joint_q](log_p - log_q), parameter),
        equals(E[joint_q](score * (log_p - log_q)), "the score-function gradient: E[score] = 0 removes ∇ log q"),
        equals(
            E[joint_q](score * log_near) + E[joint_q](score * (log_p - log_near)) - E[joint_q](score * log_q),
            "the joint's factors with the variable, and those without",
        ),
        equals(
            E[joint_q](score * log_near) - E[joint_q](score * log(own)),
            "a factor without the variable is independent of its score, which has mean zero",
        ),
        equals(E[near](score * (log_near - log(own))), "the other variables sum to one"),
    )


COURSE_WITHOUT_PLATE: Graph = {"v": (), "z": ("v",), "w1": (), "w2": (), "y": ("w1", "w2"), "x": ("z", "y")}
DIAMOND: Graph = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ("d",)}
CHAIN: Graph = {"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}

# --- the model of the question: v -> z -> x_n <- y_n <- (w_1, w_2), with a plate over n ------------------------
n = Symbol("n", integer=True, positive=True)
N = Symbol("N", integer=True, positive=True)
p, q = DensityName("p"), DensityName("q")
v, z = Variable("v"), Variable("z")
w_1, w_2 = Variable("w", 1), Variable("w", 2)
x_n, y_n = Variable("x", n), Variable("y", n)
lambda_3 = Symbol("lambda_3", real=True)


def plate(density: Density) -> IndexedProduct:
    """Π_n over the N observations."""
    return IndexedProduct(density, n, 1, N)


def own_factor(index: int, variable: Variable) -> Density:
    """q_{λ_i}(variable)."""
    return q[Symbol(f"lambda_{index}", real=True)](variable)


Q_Z, Q_Y = own_factor(3, z), plate(q[Symbol("lambda_5", real=True), n](y_n))
JOINT_Q = (own_factor(1, w_1), own_factor(2, w_2), Q_Z, own_factor(4, v), Q_Y)
CONTEXT = Context(
    "rao_blackwell",
    variables=frozenset({"v", "w", "x", "y", "z"}),
    latent=(w_1, w_2, z, v, y_n),
    integers=frozenset({"N", "n"}),
    ranges={"n": (Integer(1), N)},
    factorizations=(
        Factorization(
            "p",
            (p(v), p(z | v), p(w_1), p(w_2), plate(p(Conditional((y_n,), (w_1, w_2)))),
             plate(p(Conditional((x_n,), (z, y_n))))),
        ),
        Factorization("q", JOINT_Q),
    ),
)  # fmt: skip


def log_sum(density: Density) -> IndexedSum:
    """The log of a plate."""
    return IndexedSum(log(density), n, 1, N)


LIKELIHOOD = log_sum(p(Conditional((x_n,), (z, y_n))))
LOG_P: Expr = (
    log(p(v)) + log(p(z | v)) + log(p(w_1)) + log(p(w_2)) + log_sum(p(Conditional((y_n,), (w_1, w_2)))) + LIKELIHOOD
)
LOG_Q: Expr = Add(*(log(factor) for factor in JOINT_Q[:4])) + log_sum(Q_Y.body)
SCORE = Gradient(log(Q_Z), lambda_3)
COURSE_MODEL = derive(
    "The gradient in λ_3, for z: v, every y_n and the data x_n stay",
    "2.1.12",
    CONTEXT,
    Gradient(E[JOINT_Q](LOG_P - LOG_Q), lambda_3),
    equals(E[JOINT_Q](SCORE * (LOG_P - LOG_Q)), "the score-function gradient, E[score] = 0"),
    equals(
        E[JOINT_Q](SCORE * (log(p(z | v)) + LIKELIHOOD - log(Q_Z))),
        "p(v), p(w_1), p(w_2), p(y_n|w_1, w_2) and the other factors of q do not contain z",
    ),
    equals(
        E[Q_Z, own_factor(4, v), Q_Y](SCORE * (log(p(z | v)) + LIKELIHOOD - log(Q_Z))),
        "w_1 and w_2 are outside the Markov blanket of z; the sum runs over all N children",
    ),
)

CONSTANT = derive(
    "What is left out is zero",
    "2.1.12 2.2.13",
    CONTEXT,
    E[Q_Z, own_factor(4, v)](SCORE * log(p(v))),
    equals(E[Q_Z](SCORE) * E[own_factor(4, v)](log(p(v))), "z and v are independent under q"),
    equals(Integer(0), "the score has mean zero"),
)

# --- control variates: f - a (h - E h), with the variances of f and h and their covariance --------------------
MOMENTS = Context("a control variate", positive=frozenset({"var_f", "var_h"}))
var_f, var_h, cov, a = map(MOMENTS.symbol, ["var_f", "var_h", "cov", "a"])
VARIANCE = var_f + a**2 * var_h - 2 * a * cov
STATIONARY = derive(
    "The best coefficient of a control variate",
    "2.2.13 3.1.24",
    MOMENTS,
    Gradient(VARIANCE, a),
    equals(2 * a * var_h - 2 * cov, "the slope of Var f + a² Var h - 2 a Cov(f, h)"),
    equals(2 * var_h * (a - cov / var_h), "it vanishes at a* = Cov(f, h) / Var h only: eq. 7"),
)
REDUCTION = derive(
    "What it leaves of the variance",
    "2.2.13 3.1.24",
    MOMENTS,
    VARIANCE.xreplace({a: cov / var_h}),
    equals(var_f * (1 - cov**2 / (var_f * var_h)), "1 minus the squared correlation"),
    at_most(var_f, "a square is never negative"),
)

DERIVATIONS = (
    CONSTANT,
    COURSE_MODEL,
    rao_blackwell(COURSE_WITHOUT_PLATE, frozenset({"x"}), "z"),
    rao_blackwell(COURSE_WITHOUT_PLATE, frozenset({"x"}), "w1"),
    rao_blackwell(DIAMOND, frozenset({"e"}), "b"),
    rao_blackwell(CHAIN, frozenset({"d"}), "a"),
    STATIONARY,
    REDUCTION,
)
