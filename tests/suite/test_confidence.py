"""Confidence sequences: valid at every look at once, the tests turned round, and plain data for pictures."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from grading.feedback.sketch import sketch, sparkline
from grading.feedback.trail import trail
from grading.montecarlo import Result, check_bound, check_categorical, check_mean, check_mean_at_least, rng_for
from grading.montecarlo.calibration.laws import LAWS, Law
from grading.montecarlo.confidence import HUGE, ConfidenceSequence, catoni_interval, looks
from grading.montecarlo.mean import MeanEquals
from grading.verdict.claims import Refuted
from grading.verdict.outcome import Outcome, State

LEVEL = 0.1
RUNS = 200
TOO_MANY = 48
"""Binomial(200, 0.1) exceeds this with probability 2e-9."""


def rejected(kind: str) -> Result:
    """A claim that is off by much more than the effect, tested at the levels in use."""
    rng = rng_for(3, kind)
    if kind == "mean":
        return check_mean(lambda n, rng: 0.4 + rng.standard_normal((n, 1)), mean=0, variance=1, rng=rng)
    if kind == "whitened":
        turned = np.array([[2.0, 0.6], [0.6, 1.0]])
        return check_mean(
            lambda n, rng: rng.multivariate_normal([1, 1], turned, n),
            mean=np.array([1.0, 0.0]),
            covariance=turned,
            rng=rng,
        )
    if kind == "at least":
        return check_mean_at_least(lambda n, rng: rng.standard_normal((n, 1)) - 0.4, bound=0, variance=1, rng=rng)
    if kind == "at most":
        return check_bound(lambda n, rng: 0.3 * rng.standard_normal(n) + 1, log_evidence=0, second_moment=1.1, rng=rng)
    return check_categorical(lambda n, rng: rng.choice(3, n, p=[0.2, 0.2, 0.6]), probs=np.ones(3) / 3, rng=rng)


KINDS = ("mean", "whitened", "at least", "at most", "categories")


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_truth_is_inside_at_every_look_at_once(law: Law) -> None:
    """At level 0.1, on tails of kurtosis up to 114, in at least 90 % of runs."""
    rng = rng_for(0, "confidence", law.name)
    missed = 0
    for _ in range(RUNS):
        y = law.sample((256,), rng)
        ends = [catoni_interval(y[:n], 0.2, LEVEL) for n in (16, 64, 256)]
        missed += any(not low <= 0 <= high for low, high in ends)
    assert missed <= TOO_MANY


def test_an_interval_is_what_its_test_does_not_reject() -> None:
    """Just inside the ends the e-value against "this is the mean" is below 1/alpha, just outside above it."""
    y = np.random.default_rng(0).standard_normal(500)
    low, high = catoni_interval(y, 0.1, 1e-3)

    def log_e(m: float) -> float:
        test = MeanEquals(np.array([m]), np.eye(1), 0.1)
        return float(test.evidence(test.statistics(y[:, None]).sum(axis=0), len(y))[0])

    for end, outside in ((low, -1), (high, 1)):
        assert log_e(end - outside * 1e-3) < math.log(1e3) < log_e(end + outside * 1e-3)
    assert low < y.mean() < high


@pytest.mark.parametrize("kind", KINDS)
def test_a_rejected_claim_is_left_by_an_interval_that_only_shrinks(kind: str) -> None:
    """Ends are monotone, the estimate converges to what was drawn, and the claimed value ends outside."""
    one = rejected(kind).sequence
    assert one is not None and one.excludes_the_claim
    assert list(one.low) == sorted(one.low) and list(one.high) == sorted(one.high, reverse=True)
    assert one.draws[-1] == rejected(kind).n_draws and len(one.draws) <= 60
    assert (one.high[-1] == math.inf) == (kind == "at most") and (one.low[-1] == -math.inf) == (kind == "at least")


def test_a_claim_that_holds_costs_no_sequence() -> None:
    """Nothing is computed where nothing is shown."""
    result = check_mean(lambda n, rng: rng.standard_normal((n, 1)), mean=0, variance=1, rng=rng_for(0))
    assert result and result.sequence is None


@pytest.mark.parametrize("kind", [*KINDS, "no draw"])
def test_evidence_survives_the_gradebook(kind: str) -> None:
    """It is kept as JSON, which knows neither infinity nor NaN; lists stay short."""
    nan = lambda n, rng: np.full((n, 1), np.nan)  # noqa: E731
    result = check_mean(nan, mean=0, variance=1, rng=rng_for(0)) if kind == "no draw" else rejected(kind)
    with pytest.raises(Refuted) as raised:
        result.require()
    outcome = Outcome(check="1.2.3/x", state=State.FAILED, evidence=raised.value.evidence)
    again = msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome)
    assert again == outcome
    assert all(len(each) <= 60 for each in again.evidence.values() if isinstance(each, list))
    found = ConfidenceSequence.of(again.evidence)
    assert (found is None) == (kind == "no draw")
    assert found is None or all(abs(each) <= HUGE for each in (*found.low, *found.high))


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_fit_a_terminal(kind: str) -> None:
    """A handful of lines of at most 80 columns; the last interval does not touch the claimed value's mark."""
    found = trail(rejected(kind).as_evidence())
    assert found is not None and found.sequence is not None
    lines = sketch(found)
    assert len(lines) <= 9 and max(map(len, lines)) <= 80
    assert lines[-1].count("┃") == 1 and found.sequence.should_be in lines[-1]
    assert all(line.count("┃") + line.count("●") >= 1 for line in lines[:-1])
    assert max(map(len, sparkline(found))) <= 80
    assert "It should be" in found.words()


def test_looks_are_few_and_end_at_the_last_draw() -> None:
    """Whatever the number of draws."""
    for n in (1, 3, 16, 64, 22_105):
        at = looks(n)
        assert at[-1] == n and len(at) <= 60 and at == sorted(set(at))
