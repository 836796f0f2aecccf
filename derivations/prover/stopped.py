"""Stop-gradient: marginals are marked, so that no gradient sees them, and unmarked once every gradient is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from derivations.prover.terms import Function, J, Log, Relative, Terms, Unprovable, joints_in, weights_of


def hidden(terms: Terms) -> Terms:
    """The same values, constant to every gradient; raises `Unprovable` for gradients among them."""
    if any(isinstance(factor, Relative) for term in terms for factor in term.factors):
        raise Unprovable("stop-gradient of a gradient")
    return tuple(_changed(term, lambda joint: replace(joint, stopped=True)) for term in terms)


def revealed(terms: Terms) -> Terms:
    """Outside every gradient a stopped value is the value itself."""
    return tuple(
        _changed(term, lambda joint: replace(joint, stopped=False))
        if any(joint.stopped for joint in joints_in(term))
        else term
        for term in terms
    )


def _changed(thing: Any, change: Callable[[J], J]) -> Any:
    """Every joint in it changed."""
    if isinstance(thing, Log):
        return Log(change(thing.joint))
    if isinstance(thing, Relative):
        return Relative(change(thing.joint), thing.parameters)
    if isinstance(thing, Function):
        return Function(thing.name, tuple(_changed(term, change) for term in thing.terms))
    return replace(
        thing,
        weights=weights_of((change(joint), e) for joint, e in thing.weights),
        factors=tuple(_changed(factor, change) for factor in thing.factors),
    )
