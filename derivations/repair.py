"""Diagnosis by repair: a small edit after which a refuted line holds, verified before it is told.

The edits are tried one at a time, likely slips first, and each result is decided like any claim. The first one
that holds is reported, with the status it was verified to have; without one, nothing is said. The search is bounded by
the edits it tries, so that it finds the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from time import monotonic

from derivations.context import Context
from derivations.decide import decide
from derivations.edits import edits, pool_of
from derivations.language import Relation, Sign
from derivations.verdict import Repair, Status, Verdict

Decide = Callable[[Relation, Context], Verdict]
EDITS = 150  # that are tried on one line
GUARD = 120.0  # seconds after which the search on one line ends whatever it has tried

_OPPOSITE = {Sign.AT_MOST: Sign.AT_LEAST, Sign.AT_LEAST: Sign.AT_MOST}


def find_repair(
    relation: Relation,
    context: Context,
    decide: Decide = decide,
    edits: int = EDITS,
    deadline: float | None = None,
) -> Repair | None:
    """The first small edit of a refuted `relation` that `decide` finds to hold, or None among the first `edits`.

    `deadline`, on the monotonic clock, is for callers that have no time at all; verdicts should not rest on it.
    """
    deadline = monotonic() + GUARD if deadline is None else deadline
    for words, candidate in islice(different(relation, context), edits):
        if monotonic() > deadline:
            return None
        verdict = sensible(decide, candidate, context)
        if verdict.holds:
            return Repair(words, candidate, verdict.status)
    return None


def different(relation: Relation, context: Context) -> Iterator[tuple[str, Relation]]:
    """The candidates, each once, without the relation itself and without those that say nothing."""
    seen = {relation}
    for words, candidate in candidates(relation, context):
        if candidate not in seen and candidate.left != candidate.right:
            seen.add(candidate)
            yield words, candidate


def sensible(decide: Decide, relation: Relation, context: Context) -> Verdict:
    """The verdict on an edited line; an edit may make nonsense of it, and that is no repair."""
    try:
        return decide(relation, context)
    except Exception as error:
        return Verdict(Status.UNDECIDED, "none", f"{type(error).__name__}: {error}")


def candidates(relation: Relation, context: Context) -> Iterator[tuple[str, Relation]]:
    """Relations one small edit away, the likeliest first."""
    left, sign, right = relation.left, relation.sign, relation.right
    if sign in _OPPOSITE:
        yield "the inequality is turned around", Relation(left, _OPPOSITE[sign], right)
    pool = pool_of((left, right), context)
    for edit in sorted(edits(right, pool), key=lambda edit: edit.rank):
        yield edit.words, Relation(left, sign, edit.term)
    if sign is Sign.EQUAL and context.vary:
        yield "an additive constant is allowed for", Relation(left, Sign.EQUAL_UP_TO_CONSTANT, right)
    for edit in sorted(edits(left, pool), key=lambda edit: edit.rank):
        yield f"on the left {edit.words}", Relation(edit.term, sign, right)
