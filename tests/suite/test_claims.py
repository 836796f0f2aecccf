"""The engine against a table of claims whose truth is known: no wrong verdict, few undecided, and fast.

The claims are in claims.toml, true ones and near misses, in LaTeX; `pytest -s` prints the accuracy.
"""

from __future__ import annotations

import statistics
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from derivations.contexts import context_of
from derivations.decide import decide
from derivations.reader import read_relation
from derivations.verdict import Status, Verdict

TABLE = Path(__file__).with_name("claims.toml")
MAX_UNDECIDED = 0.05
MEDIAN_SECONDS, MAX_SECONDS = 0.2, 10.0


@dataclass(frozen=True)
class Claim:
    """One line of the table."""

    topic: str
    question: str
    latex: str
    holds: bool
    change: str = ""


@dataclass(frozen=True)
class Outcome:
    """What the engine said about a claim, and how long it took from the LaTeX on."""

    claim: Claim
    verdict: Verdict
    seconds: float

    @property
    def is_wrong(self) -> bool:
        decided = self.verdict.status is not Status.UNDECIDED
        return decided and self.verdict.holds != self.claim.holds

    def __str__(self) -> str:
        return f"[{self.claim.topic}] {self.claim.latex} ({self.claim.change or 'true'}): {self.verdict}"


def claims() -> list[Claim]:
    """Every claim of the table."""
    topics = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    found = []
    for topic, table in topics.items():
        found += [Claim(topic, table["context"], latex, True) for latex in table["true"]]
        found += [Claim(topic, table["context"], latex, False, change) for latex, change in table["false"]]
    return found


def judge(claim: Claim) -> Outcome:
    """Read the claim and decide it."""
    start = time.perf_counter()
    context = context_of(claim.question)
    verdict = decide(read_relation(claim.latex, context), context)
    return Outcome(claim, verdict, time.perf_counter() - start)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """All verdicts; the first claim is judged twice, so that no start-up is counted."""
    judge(claims()[0])
    return [judge(claim) for claim in claims()]


def test_table_is_large_and_balanced() -> None:
    """At least 150 claims, half of them false, each false one saying what was changed."""
    truth = Counter(claim.holds for claim in claims())
    assert sum(truth.values()) >= 150
    assert 0.45 <= truth[True] / sum(truth.values()) <= 0.55
    assert all(claim.holds or claim.change for claim in claims())


def test_no_verdict_is_wrong(outcomes: list[Outcome]) -> None:
    """No true claim refuted, no false claim proved or supported."""
    statuses = Counter(outcome.verdict.status.value for outcome in outcomes)
    wrong = [str(outcome) for outcome in outcomes if outcome.is_wrong]
    print(f"\n{len(outcomes)} claims: {dict(statuses)}, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong)


def test_few_are_undecided(outcomes: list[Outcome]) -> None:
    """At most 5 % stay undecided."""
    undecided = [str(outcome) for outcome in outcomes if outcome.verdict.status is Status.UNDECIDED]
    assert len(undecided) <= MAX_UNDECIDED * len(outcomes), "\n".join(undecided)


def test_every_refutation_has_a_counterexample(outcomes: list[Outcome]) -> None:
    """A refuted claim shows both sides' numbers and three lines that print them again."""
    refuted = [outcome.verdict for outcome in outcomes if outcome.verdict.status is Status.REFUTED]
    assert all(v.counterexample is not None and len(v.counterexample.rerun.splitlines()) == 3 for v in refuted)


def test_it_is_fast(outcomes: list[Outcome]) -> None:
    """Half of the claims take less than 0.2 s, and none more than 10 s."""
    seconds = [outcome.seconds for outcome in outcomes]
    print(f"\nmedian {statistics.median(seconds):.3f} s, slowest {max(seconds):.2f} s, all {sum(seconds):.1f} s")
    assert statistics.median(seconds) < MEDIAN_SECONDS
    assert max(seconds) < MAX_SECONDS
