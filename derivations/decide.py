"""The verdict on any statement: explicit formulas go to `closed_form`, statements about densities to `prover`."""

from __future__ import annotations

from derivations import closed_form, prover, samples
from derivations.context import Context
from derivations.language import Relation
from derivations.verdict import Status, Verdict


def decide(relation: Relation, context: Context) -> Verdict:
    """The verdict on `relation` in `context`.

    A statement that has explicit formulas on both sides, once the definitions of the context are written out, is
    decided by numbers and a normal form; one about gradients at a sample by the chain rule; any other by rules for
    densities and on random models.
    """
    verdict = closed_form.decide(relation, context)
    if verdict.status is not Status.UNDECIDED:
        return verdict
    if samples.concerns_samples(relation, context):
        return samples.decide(relation, context)
    return prover.decide(relation, context)
