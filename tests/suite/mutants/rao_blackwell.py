"""Mistakes in the Markov blanket and the Rao-Blackwellized gradient (question 2.1.12)."""

from __future__ import annotations

from typing import Any

import numpy as np

from implementations import rao_blackwell as reference
from tests.suite.corpus import target

factors = target("2.1.12", "rao_blackwell.factors")
gradient = target("2.1.12", "rao_blackwell.gradient_draws")


def children(model: dict[str, list[str]], variable: str) -> list[str]:
    return [child for child, parents in model.items() if variable in parents]


factors.wrong(
    "the variable's own factor only",
    "The factors of its children contain the variable too.",
    lambda model, variable: [variable],
)
factors.wrong(
    "names that contain the name",
    "z and z' are two variables: compare names, do not search one in the other.",
    lambda model, variable: [
        child for child, parents in model.items() if child == variable or variable in " ".join(parents)
    ],
)
factors.wrong(
    "the children only",
    "p(variable | parents) contains the variable as well.",
    children,
)
factors.wrong(
    "the whole joint",
    "Factors without the variable are constants in it and only add variance.",
    lambda model, variable: list(model),
)
factors.wrong(
    "the parents instead of the children",
    "A parent's own factor does not contain the variable; a child's does.",
    lambda model, variable: [variable, *model[variable]],
)
factors.wrong(
    "the Markov blanket's variables instead of the factors",
    "Co-parents are in the blanket, but their own factors do not contain the variable.",
    lambda model, variable: list(
        dict.fromkeys(
            [variable, *model[variable], *children(model, variable)]
            + [parent for child in children(model, variable) for parent in model[child]]
        )
    ),
)
factors.wrong(
    "co-parents' factors",
    "x ← y: where x has two parents z and y, p(y | its parents) does not contain z.",
    lambda model, variable: list(
        dict.fromkeys(
            [variable, *children(model, variable)]
            + [parent for child in children(model, variable) for parent in model[child]]
        )
    ),
)
factors.wrong(
    "all descendants",
    "Only the children's factors contain the variable; a grandchild's does not.",
    lambda model, variable: descendants(model, variable),
)
factors.wrong(
    "the first child only",
    "Every child's factor contains the variable.",
    lambda model, variable: [variable, *children(model, variable)[:1]],
)


def descendants(model: dict[str, list[str]], variable: str) -> list[str]:
    found, frontier = [variable], [variable]
    while frontier:
        frontier = [c for each in frontier for c in children(model, each) if c not in found]
        found += list(dict.fromkeys(frontier))
    return found


def with_signal(signal: Any) -> Any:
    """score · signal(model, variable, log_factors, log_q), aligned to the variable's plates."""

    def wrong(model: Any, variable: str, log_factors: Any, log_q: Any, score: Any) -> np.ndarray:
        return score * np.asarray(signal(model, variable, log_factors, log_q))[..., np.newaxis]

    return wrong


def aligned(model: Any, variable: str, log_factors: Any, names: Any) -> Any:
    kept = reference.plates(variable)
    parts = [reference.align(log_factors[name], reference.plates(name), kept) for name in names]
    return sum(parts)


def kept_factors(model: Any, variable: str, log_factors: Any) -> Any:
    return aligned(model, variable, log_factors, reference.factors(model, variable))


gradient.wrong(
    "log q is not subtracted",
    "The signal is log p_i - log q_i: without log q_i there is no entropy.",
    with_signal(lambda m, v, lf, lq: kept_factors(m, v, lf)),
)
gradient.wrong(
    "log q is added",
    "log q_i is subtracted.",
    with_signal(lambda m, v, lf, lq: kept_factors(m, v, lf) + lq[v]),
)
gradient.wrong(
    "downhill",
    "Gradients point uphill on the ELBO.",
    lambda *a: -reference.gradient_draws(*a),
)
gradient.wrong(
    "the whole joint",
    "This is the plain score gradient: the factors outside the blanket are still in it.",
    with_signal(lambda m, v, lf, lq: aligned(m, v, lf, m) - lq[v]),
)
gradient.wrong(
    "all of log q",
    "Only log q of the variable itself stays; the others are constants in it.",
    with_signal(
        lambda m, v, lf, lq: (
            kept_factors(m, v, lf)
            - sum(reference.align(lq[name], reference.plates(name), reference.plates(v)) for name in lq)
        )
    ),
)
gradient.wrong(
    "the children's factors are left out",
    "The signal contains the factors of the children.",
    with_signal(lambda m, v, lf, lq: aligned(m, v, lf, [v]) - lq[v]),
)
gradient.wrong(
    "the average over the draws",
    "One row a draw is asked for.",
    lambda *a: np.broadcast_to(reference.gradient_draws(*a).mean(axis=0), np.shape(a[4])),
)
gradient.wrong(
    "divided by the number of draws",
    "Rows are asked for, whose mean is the estimate.",
    lambda *a: reference.gradient_draws(*a) / len(a[4]),
)


def averaged_plates(model: Any, variable: str, log_factors: Any, log_q: Any, score: Any) -> np.ndarray:
    """Plates are averaged over instead of summed."""
    kept = reference.plates(variable)
    scaled = {name: value / np.prod([1, *(value.shape[1:] if not kept else [])]) for name, value in log_factors.items()}
    return reference.gradient_draws(model, variable, scaled, log_q, score)


gradient.wrong(
    "averaged over the plate",
    "A plate stands for N factors: their logarithms are summed, not averaged.",
    averaged_plates,
)
gradient.wrong(
    "the first copy of the plate only",
    "All N copies of a factor on the plate contain a variable outside it.",
    lambda m, v, lf, lq, s: reference.gradient_draws(
        m,
        v,
        {
            k: value if reference.plates(v) or value.ndim == 1 else value * (np.arange(value.shape[1]) == 0)
            for k, value in lf.items()
        },
        lq,
        s,
    ),
)
gradient.wrong(
    "the sum over the plate for every copy",
    "For a variable on the plate only its own copy of each factor stays.",
    lambda m, v, lf, lq, s: reference.gradient_draws(
        m,
        v,
        {
            k: np.broadcast_to(value.sum(axis=1, keepdims=True), value.shape)
            if reference.plates(v) and value.ndim > 1
            else value
            for k, value in lf.items()
        },
        lq,
        s,
    ),
)


def in_the_course_s_model(model: Any, variable: str, log_factors: Any, log_q: Any, score: Any) -> np.ndarray:
    """The factors that stay are looked up for the course's variables; of any other only its own is known."""
    course = {"v": ["z"], "w1": ["y[n]"], "w2": ["y[n]"], "z": ["x[n]"], "y[n]": ["x[n]"]}
    names = [name for name in course.get(variable, []) if name in log_factors]
    return with_signal(lambda m, v, lf, lq: aligned(m, v, lf, [v, *names]) - lq[v])(
        model, variable, log_factors, log_q, score
    )


gradient.wrong(
    "the course's model only",
    "The factors that stay follow from `model`: find them with `factors`, whatever the variables are called.",
    in_the_course_s_model,
)
