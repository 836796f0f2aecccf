r"""Derivatives of terms: in a parameter of densities, and in the values of one density.

$\nabla_\phi J = J \, (\partial_\phi J / J)$ for weights, and $\nabla_\phi \log J = \partial_\phi J / J$: both are
the factor `Relative`, so the log-derivative identity is built in.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Basic, Integer, diff

from derivations.language import Density
from derivations.prover.knowledge import Knowledge
from derivations.prover.split import log_terms
from derivations.prover.terms import (
    Factor,
    Function,
    J,
    Log,
    Relative,
    Term,
    Terms,
    Unprovable,
    V,
    apart,
    joints_in,
    product,
    rename,
    scale,
    weights_of,
)


def gradient(terms: Terms, parameter: Basic, known: Knowledge) -> Terms:
    """The derivative of a sum of terms in a parameter, with every variable held fixed."""
    return tuple(part for term in terms for part in _of_term(term, parameter, known))


def _of_term(term: Term, parameter: Basic, known: Knowledge) -> Terms:
    """The product rule: coefficient, weights and factors in turn."""
    found: list[Term] = []
    slope = diff(term.coefficient, parameter) if term.coefficient.has(parameter) else Integer(0)
    if slope != 0:
        found.append(replace(term, coefficient=slope))
    for joint, exponent in term.weights:
        found += product((term,), scale(_log_derivative(joint, parameter, known), Integer(exponent)))
    for i, factor in enumerate(term.factors):
        rest = replace(term, factors=term.factors[:i] + term.factors[i + 1 :])
        found += product((rest,), _of_factor(factor, parameter, known))
    return tuple(found)


def _log_derivative(joint: J, parameter: Basic, known: Knowledge) -> Terms:
    """The derivative of log J, by the pieces of J that depend on the parameter."""
    if not known.depends(joint, parameter):
        return ()
    found: list[Term] = []
    for term in log_terms(joint, known):
        for factor in term.factors:
            if isinstance(factor, Log) and known.depends(factor.joint, parameter):
                found.append(replace(term, factors=(Relative(factor.joint, (parameter,)),)))
    return tuple(found)


def _of_factor(factor: Factor, parameter: Basic, known: Knowledge) -> Terms:
    """The derivative of a logarithm, of a derivative over its joint, and the chain rule for a function."""
    if isinstance(factor, Log):
        return _log_derivative(factor.joint, parameter, known)
    if isinstance(factor, Relative):
        more = Relative(factor.joint, tuple(sorted((*factor.parameters, parameter), key=str)))
        twice = (Term(Integer(1), factors=(more,)),) if known.depends(factor.joint, parameter) else ()
        once = product((Term(Integer(-1), factors=(factor,)),), _log_derivative(factor.joint, parameter, known))
        return (*twice, *once)
    inside = tuple(apart(term, known) for term in gradient(factor.terms, parameter, known))
    inverse = Function("inverse", factor.terms)
    if factor.name == "log":
        return product(inside, (Term(Integer(1), factors=(inverse,)),))
    if factor.name == "inverse":
        return product(inside, (Term(Integer(-1), factors=(inverse, inverse)),))
    raise Unprovable(f"no rule differentiates {factor.name}")


def functional_derivative(terms: Terms, density: Density, known: Knowledge) -> Terms:
    r"""$\partial / \partial q_1(Z_1)$: the derivative in the value of $q_1$ at one point $Z_1$."""
    if len(density.of) != 1 or density.given:
        raise Unprovable("a functional derivative in a conditional density")
    free = V(density.of[0])
    return tuple(part for term in terms for part in _at_point(term, density.name, free))


def _at_point(term: Term, name: str, free: V) -> Terms:
    """For each place where the density stands, the term with its variable fixed at the free one."""
    found: list[Term] = []
    copies = {v for joint in joints_in(term) if joint.name == name for v in joint.variables}
    for v in copies:
        if v not in term.bound:
            raise Unprovable(f"{v} is not integrated: the term is no functional of {name}")
        at = J(name, frozenset({v}))
        found += [_fix(part, v, free) for part in _in_value(term, at)]
    return tuple(found)


def _in_value(term: Term, at: J) -> list[Term]:
    """The derivative in one value of a density, for a power of it and for its logs."""
    found = []
    for joint, exponent in term.weights:
        if joint == at:
            lower = weights_of([*term.weights, (at, -1)])
            found.append(replace(term, coefficient=term.coefficient * exponent, weights=lower))
    for i, factor in enumerate(term.factors):
        if at not in joints_in(factor):
            continue
        if not isinstance(factor, Log):
            raise Unprovable("a functional derivative inside a closed function")
        rest = term.factors[:i] + term.factors[i + 1 :]
        found.append(replace(term, factors=rest, weights=weights_of([*term.weights, (at, -1)])))
    return found


def _fix(term: Term, v: V, free: V) -> Term:
    return rename(replace(term, bound=term.bound - {v}), lambda u: free if u == v else u)
