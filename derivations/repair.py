"""Diagnosis by repair: a small edit after which a refuted line holds, verified before it is told.

The edits are tried one at a time, likely slips first, and each result is decided like any claim. The first one
that holds is reported, with the status it was verified to have; without one, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic

from derivations import closed_form, prover
from derivations.context import Context
from derivations.edits import edits, pool_of
from derivations.language import Relation, Sign
from derivations.verdict import Repair, Status, Verdict

Decide = Callable[[Relation, Context], Verdict]
SECONDS = 4.0  # for the search on one line

_OPPOSITE = {Sign.AT_MOST: Sign.AT_LEAST, Sign.AT_LEAST: Sign.AT_MOST}


def find_repair(
    relation: Relation, context: Context, decide: Decide | None = None, seconds: float = SECONDS
) -> Repair | None:
    """The first small edit of a refuted `relation` that `decide` finds to hold, or None within the time."""
    start, tried = monotonic(), {relation}
    for words, candidate in candidates(relation, context):
        if monotonic() - start > seconds:
            return None
        if candidate in tried or candidate.left == candidate.right:
            continue
        tried.add(candidate)
        verdict = sensible(decide or decide_quickly, candidate, context)
        if verdict.holds:
            return Repair(words, candidate, verdict.status)
    return None


def decide_quickly(relation: Relation, context: Context) -> Verdict:
    """A verdict within about a second: what would take longer counts as undecided."""
    verdict = closed_form.decide(relation, context, seconds=1.0)
    undecided = verdict.status is Status.UNDECIDED
    return prover.decide(relation, context, seconds=0.5) if undecided else verdict


def sensible(decide: Decide, relation: Relation, context: Context) -> Verdict:
    """The verdict on an edited line; an edit may make nonsense of it, and that is no repair."""
    try:
        return decide(relation, context)
    except Exception as error:
        return Verdict(Status.UNDECIDED, "none", f"{type(error).__name__}: {error}")


def diagnosed(verdict: Verdict, relation: Relation, context: Context) -> Verdict:
    """A refuted verdict with the repair that was found for its line; any other as it is."""
    if verdict.status is not Status.REFUTED:
        return verdict
    return verdict.with_repair(find_repair(relation, context))


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
