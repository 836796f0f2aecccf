r"""Names that neither the question nor the document gives a meaning, such as an $\bar{x}$ that nobody has defined.

At random points a stranger would be a free number, and a right line would be refuted; under a derivative it would be
a constant, and a wrong line would hold. So a step with a stranger in it is refuted by nothing, and one that
differentiates a stranger is not decided at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, Final

from sympy import Add, Basic, Expr, Symbol, Tuple, preorder_traversal, sympify

from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.densities import letter
from derivations.language import Density, Gradient, Quantity, Relation, TotalGradient, Variable, VariableRange, latex
from derivations.verdict import Verdict, undecided

ASKS: Final = "I do not know what"
_NOT_WRITTEN_IN: Final = "what stands under a derivative in {0} is not written in {0}: write it out in {0}"


def strangers(relation: Relation, context: Context) -> list[str]:
    """The names in a statement that nothing defines, sorted; those of indices and of densities' parameters are none."""
    sides = [expand_quantities(side, context) for side in (relation.left, relation.right)]
    known = known_names(context) | _bound(sides)
    return sorted({name for side in sides for name in _unknown(side, known)})


def vanishing(relation: Relation, context: Context) -> Verdict | None:
    """Why it is undecided, where a derivative is zero only because nothing says how what is under it depends on it."""
    sides = [expand_quantities(side, context) for side in (relation.left, relation.right)]
    gradients = sorted((g for side in sides for g in side.atoms(Gradient)), key=str)
    known = known_names(context) | _bound(sides) | {name for gradient in gradients for name in _names(gradient.wrt)}
    for gradient in gradients:
        over = gradient.wrt.args if isinstance(gradient.wrt, Tuple) else (gradient.wrt,)
        idle = _idle(gradient, over, context)
        if found := sorted({name for term in idle for name in _unknown(term, known)}):
            return ask_for(found)
        for term, definition in product(idle, context.definitions):
            if definition.left in over and term.free_symbols & definition.right.free_symbols:
                return undecided(_NOT_WRITTEN_IN.format(latex(definition.left)))
    return None


def _idle(gradient: Gradient, over: Iterable[Basic], context: Context) -> list[Expr]:
    """What a derivative is zero of: all that is under it, or a letter that is added there."""
    moving = {*over, *context.paths} if isinstance(gradient, TotalGradient) else set(over)
    terms = Add.make_args(gradient.body)
    idle = [term for term in terms if not term.has(*moving)]
    letters = [term for term in idle if isinstance(term.as_coeff_Mul()[1], Symbol | Quantity)]
    return idle if len(idle) == len(terms) else letters


def not_refuted(relation: Relation, context: Context, verdict: Verdict) -> Verdict:
    """The verdict as it stands, or "undecided" where the statement does not hold for every value of a stranger."""
    found = [] if verdict.holds else strangers(relation, context)
    return ask_for(found) if found else verdict


def ask_for(names: Iterable[str]) -> Verdict:
    """The verdict on a step that hangs on these names."""
    names = [name if "\\" in name else letter(name) for name in names]
    which, it = (names[0], "it") if len(names) == 1 else (", ".join(names[:-1]) + f" and {names[-1]}", "them")
    means = "means" if len(names) == 1 else "mean"
    return undecided(f"{ASKS} {which} {means}: define {it} ({names[0]} = ...) in the text")


def _unknown(term: Basic, known: frozenset[str]) -> Iterator[str]:
    """Names of symbols and quantities in a term that are not known."""
    for symbol in term.free_symbols:
        if isinstance(symbol, Symbol) and symbol.name not in known:
            yield symbol.name
    yield from (quantity.name for quantity in term.atoms(Quantity) if quantity.name not in known)


def known_names(context: Context) -> frozenset[str]:
    """Every name that the context declares, or uses in what it states."""
    declared = context.variables | context.indexed | context.positive | context.negative | context.integers
    declared |= context.constants | context.densities | frozenset(context.ranges)
    terms: list[Any] = [side for d in context.definitions for side in (d.left, d.right)]
    terms += [factor for joint in context.factorizations for factor in joint.factors]
    terms += [*context.latent, *context.draws, *context.vary, *context.paths, *context.paths.values()]
    terms += [
        part for table in (context.blocks, context.measures, context.ranges) for row in table.values() for part in row
    ]
    return declared | frozenset(name for term in terms for name in _names(sympify(term)))


def _bound(sides: Iterable[Expr]) -> frozenset[str]:
    """Letters that may stand for anything: the parameters of densities, and indices."""
    nodes = [node for side in sides for node in preorder_traversal(side)]
    parts = [part for node in nodes if isinstance(node, Density) for part in node.parameters]
    parts += [node.index for node in nodes if isinstance(node, Variable) and node.index is not None]
    parts += [limit for node in nodes if isinstance(node, VariableRange) for limit in (node.lower, node.upper)]
    return frozenset(name for part in parts for name in _names(part))


def _names(term: Basic) -> frozenset[str]:
    """All names in a term, those of bound indices too."""
    return frozenset(node.name for node in preorder_traversal(term) if isinstance(node, Symbol | Quantity | Variable))


__all__ = ["ASKS", "ask_for", "known_names", "not_refuted", "strangers", "vanishing"]
