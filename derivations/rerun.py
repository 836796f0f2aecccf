"""Counterexamples a reader can run again: three lines that read the statement as it was written."""

from __future__ import annotations

from dataclasses import replace

from derivations.context import Context
from derivations.contexts import context_of, questions
from derivations.definitions import expand_quantities
from derivations.language import Relation
from derivations.reader import ReadError, read_relation
from derivations.verdict import Verdict


def statement(question: str, latex: str) -> tuple[Relation, Context]:
    """A relation read in a question's own context, with that context."""
    context = context_of(question)
    return read_relation(latex, context), context


def rerunnable(verdict: Verdict, relation: Relation, context: Context, question: str | None, latex: str) -> Verdict:
    """The verdict with complete lines for a counterexample on a random model, where these lines mean the same."""
    found = verdict.counterexample
    if found is None or question not in questions() or "both_sides" not in found.rerun:
        return verdict
    if not _means_the_same(relation, context, str(question), latex):
        return verdict
    lines = (
        "from derivations.models import both_sides; from derivations.rerun import statement",
        f'relation, context = statement("{question}", r"""{latex}""")',
        found.rerun.splitlines()[-1],
    )
    return replace(verdict, counterexample=replace(found, rerun="\n".join(lines)))


def _means_the_same(relation: Relation, context: Context, question: str, latex: str) -> bool:
    """Whether the text alone, without the document's own definitions, gives the same statement."""
    try:
        again, catalogue = statement(question, latex)
    except ReadError:
        return False
    pairs = ((relation.left, again.left), (relation.right, again.right))
    return all(expand_quantities(a, context) == expand_quantities(b, catalogue) for a, b in pairs)
