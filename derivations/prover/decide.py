r"""`decide(relation, context)`: the verdict on one statement about densities.

1. The refuter evaluates both sides on a few random models; a difference confirmed to 60 digits refutes.
2. The prover tries to bring the sides to one form by sound rules. What it proves has already survived step 1.
3. Otherwise 200 models to 50 digits support the claim or refute it.
"""

from __future__ import annotations

from dataclasses import replace
from time import monotonic

from derivations.context import Context
from derivations.language import Relation, Sign
from derivations.models.concrete import Meaningless
from derivations.models.finite import NotFinite
from derivations.models.refuter import NUMBERS, SUPPORT, find_counterexample, holds_exactly
from derivations.prover.prove import prove
from derivations.verdict import Counterexample, Verdict, proved, refuted, supported, undecided

_WEAK = {Sign.LESS: Sign.AT_MOST, Sign.GREATER: Sign.AT_LEAST}


def decide(relation: Relation, context: Context, numbers: int = NUMBERS) -> Verdict:
    """The verdict on `relation` in `context`; `numbers` bounds the search for support on 200 models."""
    start = monotonic()
    try:
        verdict = _decide(relation, context, numbers)
    except (Meaningless, NotFinite) as error:
        verdict = undecided(str(error), ("random models",))
    return replace(verdict, seconds=monotonic() - start)


def _decide(relation: Relation, context: Context, numbers: int) -> Verdict:
    """A counterexample, else the rules, else as many random models as the time allows."""
    counterexample, screened = find_counterexample(relation, context)
    if counterexample is not None:
        return _refuted(counterexample)
    if relation.sign in _WEAK:
        return _strict(relation, context)
    rules = prove(relation, context)
    if rules is not None:
        return proved(", ".join(rules), f"both sides reduce to one form, and agree on {screened} random models")
    counterexample, models = holds_exactly(relation, context, numbers)
    if counterexample is not None:
        return _refuted(counterexample)
    if models < SUPPORT:
        return undecided(f"holds on {models} random models; {SUPPORT} take too long", ("rules", "random models"))
    return supported("random models", f"holds to 50 digits on {models} random models", ("rules",))


def _strict(relation: Relation, context: Context) -> Verdict:
    """Random models never meet the case of equality, so they cannot support a strict inequality."""
    weak = replace(relation, sign=_WEAK[relation.sign])
    known = "is proved" if prove(weak, context) is not None else "holds on the random models that were tried"
    return undecided(f"with {weak.sign.value} it {known}, but nothing excludes equality", ("rules", "random models"))


def _refuted(counterexample: Counterexample) -> Verdict:
    evidence = f"the sides are {counterexample.left} and {counterexample.right} on {counterexample.where}"
    return refuted("random models", evidence, counterexample)
