"""The verdict on any statement: explicit formulas go to `closed_form`, statements about densities to `prover`."""

from __future__ import annotations

from dataclasses import replace

from sympy import Tuple

from derivations import closed_form, prover, samples
from derivations.context import Context
from derivations.definitions import coordinates_in_use, expand_quantities
from derivations.language import Array, Density, Relation, Sign
from derivations.strangers import not_refuted, vanishing
from derivations.verdict import Status, Verdict, proved, undecided

REFLEXIVE = frozenset({Sign.EQUAL, Sign.DEFINED, Sign.AT_MOST, Sign.AT_LEAST})


def decide(relation: Relation, context: Context) -> Verdict:
    """The verdict on `relation` in `context`.

    A statement that has explicit formulas on both sides, once the definitions of the context are written out, is
    decided by numbers and a normal form; one about gradients at a sample by the chain rule; any other by rules for
    densities and on random models. A name that nothing defines is asked for where the verdict hangs on it.
    """
    relation = samples.over_the_sample(_with_columns(relation, context), context)
    given, context = context, coordinates_in_use(relation, context)
    if relation.sign in REFLEXIVE and _same_by_definition(relation, context):
        return proved("definition", "both sides are the same by the definitions of the question")
    verdict = not_refuted(relation, given, _decide(relation, context))
    return vanishing(relation, given) or _of_one_density(relation, context, verdict)


def _decide(relation: Relation, context: Context) -> Verdict:
    """The verdict of the engine that the statement is for."""
    verdict = closed_form.decide(relation, context)
    if verdict.status is not Status.UNDECIDED:
        return verdict
    if samples.concerns_samples(relation, context):
        return samples.decide(relation, context)
    return prover.decide(relation, context)


def _of_one_density(relation: Relation, context: Context, verdict: Verdict) -> Verdict:
    r"""The verdict, but no step holds by taking $q_\phi$ for $q_\lambda$; what fails even for one is refuted."""
    sides = (expand_quantities(side, context) for side in (relation.left, relation.right))
    found = {d for side in sides for d in side.atoms(Density) if d.parameters}
    for density in sorted(found, key=str) if verdict.holds else ():
        twins = [d for d in found if (d.name, d.of, d.given) == (density.name, density.of, density.given)]
        if len(twins) > 1:
            first, second = sorted(map(str, twins))[:2]
            return undecided(f"it holds where {first} is {second}, and nothing says that they are one")
    return verdict


def _with_columns(relation: Relation, context: Context) -> Relation:
    """A list $(a, b)$, or a name of one, beside anything but a list is a column, or a row where a row stands there."""
    lists = {d.left: d.right for d in context.definitions if isinstance(d.right, Tuple)}
    sides = (lists.get(relation.left, relation.left), lists.get(relation.right, relation.right))
    if isinstance(sides[0], Tuple) is isinstance(sides[1], Tuple):
        return relation
    as_row = any(isinstance(side, Array) and side.matrix.rows == 1 for side in sides)
    left, right = (_array(side, as_row) if isinstance(side, Tuple) else side for side in sides)
    return replace(relation, left=left, right=right)


def _array(members: Tuple, as_row: bool) -> Array:
    return Array([list(members)]) if as_row else Array([[member] for member in members])


def _same_by_definition(relation: Relation, context: Context) -> bool:
    left, right = (expand_quantities(side, context) for side in (relation.left, relation.right))
    return left == right
