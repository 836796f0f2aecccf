"""Directed models for 2.1.12: the course's, random ones, a discrete one to enumerate, a Gaussian one."""

from __future__ import annotations

import itertools

import numpy as np
import torch
from scipy.stats import norm

Array = np.ndarray
Graph = dict[str, list[str]]

COURSE: Graph = {"v": [], "w1": [], "w2": [], "z": ["v"], "y[n]": ["w1", "w2"], "x[n]": ["z", "y[n]"]}
LATENT = ("v", "w1", "w2", "z", "y[n]")


def blanket_factors(graph: Graph, variable: str) -> list[str]:
    """The factors in which the variable occurs: as child or as parent."""
    return [child for child, parents in graph.items() if variable in {child, *parents}]


def random_graph(seed: int) -> Graph:
    """Up to seven variables in random order, some on a plate, each with up to three earlier parents.

    A variable off the plate has no parent on it.  Each name begins all later ones: u, u', u'', ...
    """
    rng = np.random.default_rng(seed)
    graph: Graph = {}
    for place in range(int(rng.integers(1, 8))):
        on_plate = rng.random() < 0.4
        name = "u" + "'" * place + ("[n]" if on_plate else "")
        earlier = [each for each in graph if on_plate or not each.endswith("[n]")]
        count = int(rng.integers(0, min(3, len(earlier)) + 1))
        graph[name] = [str(each) for each in rng.choice(earlier, count, replace=False)] if count else []
    names = list(graph)
    return {names[i]: graph[names[i]] for i in rng.permutation(len(names))}


class FiniteModel:
    """The course's model with two values a variable, random tables, observed x_1..x_N and a mean-field q.

    `tables[child]` has one axis for each parent and one for the child; `logits[latent]` are q's, (2,) or (N, 2).
    """

    def __init__(self, seed: int, N: int) -> None:
        rng = np.random.default_rng(seed)
        self.N = N
        self.x = rng.integers(0, 2, N)
        self.tables = {child: rng.dirichlet([1.0, 1.0], (2,) * len(parents)) for child, parents in COURSE.items()}
        self.logits = {name: rng.normal(size=(N, 2) if name == "y[n]" else 2) for name in LATENT}
        self.states = np.array(list(itertools.product([0, 1], repeat=4 + N)))  # columns v, w1, w2, z, y_1..y_N
        self.values = dict(zip(LATENT, [*self.states[:, :4].T, self.states[:, 4:]], strict=True))

    @property
    def probability(self) -> Array:
        """q of every state."""
        log_q = self.log_q()
        return np.exp(sum(each if each.ndim == 1 else each.sum(1) for each in log_q.values()))

    def log_q(self) -> dict[str, Array]:
        """log q of each latent variable at every state, (S,) or (S, N)."""
        log_probs = {name: each - np.logaddexp.reduce(each, -1, keepdims=True) for name, each in self.logits.items()}
        found = {name: log_probs[name][self.values[name]] for name in LATENT[:4]}
        return found | {"y[n]": np.take_along_axis(log_probs["y[n]"][None], self.values["y[n]"][:, :, None], 2)[..., 0]}

    def log_factors(self) -> dict[str, Array]:
        """log p(child | parents) at every state, (S,) or (S, N)."""
        values = self.values | {"x[n]": np.broadcast_to(self.x, (len(self.states), self.N))}

        def aligned(name: str, on_plate: bool) -> Array:
            return values[name][:, None] if on_plate and values[name].ndim == 1 else values[name]

        return {
            child: np.log(self.tables[child][tuple(aligned(each, child.endswith("[n]")) for each in (*parents, child))])
            for child, parents in COURSE.items()
        }

    def at_all_states(self, variable: str) -> tuple[dict[str, Array], dict[str, Array], Array]:
        """Log factors, log q and the score of `variable` in its logits, as if every state had been drawn once."""
        logits = self.logits[variable]
        probs = np.exp(logits - np.logaddexp.reduce(logits, -1, keepdims=True))
        return self.log_factors(), self.log_q(), np.eye(2)[self.values[variable]] - probs

    def elbo_gradient(self, variable: str) -> Array:
        """The gradient of the enumerated ELBO in the logits of q(variable), by autodiff."""
        leaves = {name: torch.tensor(each, requires_grad=True) for name, each in self.logits.items()}
        log_q = torch.zeros(len(self.states), dtype=torch.float64)
        for name in LATENT[:4]:
            log_q = log_q + torch.log_softmax(leaves[name], -1)[self.values[name]]
        for n in range(self.N):
            log_q = log_q + torch.log_softmax(leaves["y[n]"][n], -1)[self.values["y[n]"][:, n]]
        log_p = sum(each if each.ndim == 1 else each.sum(1) for each in self.log_factors().values())
        elbo = (log_q.exp() * (torch.from_numpy(np.asarray(log_p)) - log_q)).sum()
        (gradient,) = torch.autograd.grad(elbo, leaves[variable])
        return gradient.numpy()


def gaussian_log_factors(
    seed: int, N: int, variable: str, S: int = 4
) -> tuple[dict[str, Array], dict[str, Array], Array]:
    """Log factors, log q and score at S draws from a Gaussian q, for linear Gaussian factors of the course's model.

    The score is that of N(m, s²) in (m, log s).
    """
    rng = np.random.default_rng(seed)
    shapes = {name: (S, N) if name.endswith("[n]") else (S,) for name in COURSE}
    m = {name: rng.normal(size=N if name == "y[n]" else ()) for name in LATENT}
    s = {name: rng.uniform(0.3, 2.0, N if name == "y[n]" else ()) for name in LATENT}
    values = {name: m[name] + s[name] * rng.normal(size=shapes[name]) for name in LATENT}
    values["x[n]"] = np.broadcast_to(rng.normal(size=N), (S, N))
    log_factors = {}
    for child, parents in COURSE.items():
        columns = [
            values[each] if values[each].ndim == len(shapes[child]) else values[each][:, None] for each in parents
        ]
        centre = sum((rng.normal() * each for each in columns), rng.normal())
        log_factors[child] = norm.logpdf(values[child], centre, rng.uniform(0.5, 2.0))
    log_q = {name: norm.logpdf(values[name], m[name], s[name]) for name in LATENT}
    standardized = (values[variable] - m[variable]) / s[variable]
    return log_factors, log_q, np.stack([standardized / s[variable], standardized**2 - 1], axis=-1)


def any_numbers(
    seed: int, N: int, graph: Graph, variable: str, S: int = 4
) -> tuple[dict[str, Array], dict[str, Array], Array]:
    """Log factors, log q and score of any model, all of whose variables are latent: numbers of the right shapes."""
    rng = np.random.default_rng([seed, 3])
    shapes = {name: (S, N) if name.endswith("[n]") else (S,) for name in graph}
    log_factors, log_q = ({name: rng.normal(size=shape) for name, shape in shapes.items()} for _ in range(2))
    return log_factors, log_q, rng.normal(size=(*shapes[variable], 2))
