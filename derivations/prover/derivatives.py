"""Gradients of the language as terms: in a parameter, a variable, a density, and through a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy import Basic, Symbol, Tuple

from derivations.language import Density, Gradient, TotalGradient, Variable
from derivations.prover.calculus import functional_derivative, gradient
from derivations.prover.integrate import simplified
from derivations.prover.knowledge import Knowledge
from derivations.prover.terms import Terms, Unprovable, number, product

if TYPE_CHECKING:
    from derivations.prover.expand import Expander


def derivative(expander: Expander, expr: Gradient) -> Terms:
    """The derivative of the body, with variables held still or, if it is total, with the sample moving."""
    known = expander.known
    if isinstance(expr.wrt, Density):
        known.note("functional derivative")
        return _functional(expander, expr)
    if isinstance(expr.wrt, Tuple):
        raise Unprovable("a column of derivatives")
    path = _moved(expr, known)
    if path is not None:
        return path
    if not _is_parameter(expr.wrt, known):
        raise Unprovable(f"{expr.wrt} is not a parameter")
    body = expander.terms(expr.body)
    found = gradient(body, expr.wrt, known)
    if isinstance(expr, TotalGradient):
        for z, sample in known.context.paths.items():
            slope = _moved(Gradient(sample, expr.wrt), known)
            through = gradient(body, z, known)
            if through and slope is not None:
                known.note("chain rule: total derivative = path derivative + partial derivative")
                found += product(through, slope)
    known.note("derivative under the integral, log-derivative identity")
    return simplified(found, known)


def _is_parameter(wrt: Basic, known: Knowledge) -> bool:
    return isinstance(wrt, (Symbol, Variable)) or wrt in {p for d in known.mentions for p in d.parameters}


def _moved(expr: Gradient, known: Knowledge) -> Terms | None:
    """The derivative of a sample in a parameter, which stays as it is; None for any other gradient."""
    if expr.body not in known.context.paths.values() or expr.wrt not in expr.body.free_symbols:
        return None
    slope = Symbol(f"d{expr.body}/d{expr.wrt}", real=True)
    known.slopes.add(slope)
    return number(slope)


def _functional(expander: Expander, expr: Gradient) -> Terms:
    """The derivative in one value of a density, which need not keep its sum meanwhile."""
    known = expander.known
    frozen = known.frozen
    known.frozen = frozen | {expr.wrt.name}
    try:
        inside = expander.terms(expr.body)
    finally:
        known.frozen = frozen
    return simplified(functional_derivative(inside, expr.wrt, known), known)
