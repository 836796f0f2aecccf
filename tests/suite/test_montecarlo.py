"""The Monte Carlo tests themselves: valid, powerful, deterministic, and bounded in number.

Rates at small levels are measured by `make calibrate` (docs/calibration.md); here is what a minute can show.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from grading.montecarlo import (
    ALPHA,
    Budget,
    BudgetExceeded,
    Ending,
    Result,
    calibrate,
    check_bound,
    check_categorical,
    check_distribution,
    check_mean,
    check_mean_at_least,
    check_mean_by_kurtosis,
    check_second_moment,
    check_variance_at_most,
    check_variance_ratio,
    rng_for,
)
from grading.montecarlo.calibration.cases import CASES, Case
from grading.montecarlo.calibration.laws import LAWS, Law
from grading.montecarlo.calibration.rare import TILTED, Tilted, rejections
from grading.montecarlo.calibration.replicate import highest_evidence, replicate
from grading.montecarlo.calibration.trials import Trial
from grading.montecarlo.categorical import CountsFollow
from grading.montecarlo.catoni import phi
from grading.montecarlo.draws import Draw
from grading.montecarlo.mean import MeanEquals
from grading.montecarlo.sequential import batch_sizes, run
from grading.verdict.claims import Refuted

PROBS = np.array([0.1, 0.2, 0.3, 0.4])
TWO = np.array([[2.0, 0.6], [0.6, 1.0]])


def normal(shift: float = 0.0, scale: float = 1.0, d: int = 1) -> Draw:
    return lambda n, rng: shift + scale * rng.standard_normal((n, d))


def average_weight(shift: float = 0.0, k: int = 50) -> Draw:
    """log of the average of 50 weights of mean exp(shift)."""
    return lambda n, rng: np.log(np.exp(rng.standard_normal((n, k)) - 0.5).mean(axis=1)) + shift


def pair(ratio: float) -> Draw:
    return lambda n, rng: rng.standard_normal((n, 2)) * [math.sqrt(ratio), 1.0]


TESTS: dict[str, tuple[Callable[..., Result], Draw, Draw]] = {
    "mean": (lambda draw, rng: check_mean(draw, mean=0, variance=1, rng=rng), normal(), normal(0.1)),
    "whitened mean": (
        lambda draw, rng: check_mean(draw, mean=np.array([1, -1]), covariance=TWO, rng=rng),
        lambda n, rng: rng.multivariate_normal([1, -1], TWO, n),
        lambda n, rng: rng.multivariate_normal([1.15, -1], TWO, n),
    ),
    "inequality": (
        lambda draw, rng: check_mean_at_least(draw, bound=0, variance=1, rng=rng),
        normal(0.0),
        normal(-0.1),
    ),
    "second moment": (
        lambda draw, rng: check_second_moment(draw, moment=np.eye(2), kurtosis=3, rng=rng),
        normal(d=2),
        normal(scale=1.1, d=2),
    ),
    "bound": (
        lambda draw, rng: check_bound(draw, log_evidence=0, second_moment=1 + (math.e - 1) / 50, rng=rng),
        average_weight(),
        average_weight(0.05),
    ),
    "categories": (
        lambda draw, rng: check_categorical(draw, probs=PROBS, rng=rng),
        lambda n, rng: rng.choice(4, n, p=PROBS),
        lambda n, rng: rng.choice(4, n, p=[0.12, 0.2, 0.3, 0.38]),
    ),
    "distribution": (
        lambda draw, rng: check_distribution(draw, cdf=stats.gamma(0.3).cdf, rng=rng),
        lambda n, rng: rng.gamma(0.3, 1, n),
        lambda n, rng: rng.gamma(0.3, 1 / 0.3, n),
    ),
    "variance": (
        lambda draw, rng: check_variance_at_most(draw, at_most=1, mean=0, kurtosis=3, rng=rng),
        normal(),
        normal(scale=math.sqrt(1.5)),
    ),
    "variance from pairs": (
        lambda draw, rng: check_variance_at_most(draw, at_most=1, kurtosis=3, rng=rng),
        normal(7.0),
        normal(7.0, math.sqrt(1.5)),
    ),
    "mean by kurtosis": (
        lambda draw, rng: check_mean_by_kurtosis(draw, mean=3, kurtosis=3, rng=rng),
        normal(3.0, 5.0),
        normal(4.0, 5.0),
    ),
    "variance ratio": (
        lambda draw, rng: check_variance_ratio(draw, at_most=0.3, kurtosis=3, means=(0, 0), rng=rng),
        pair(0.3),
        pair(0.8),
    ),
}


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("seed", range(3))
def test_claims_that_hold_pass_and_others_fail(name: str, seed: int) -> None:
    """At alpha = 1e-11, beta = 1e-6, each by evidence and not by running out of draws."""
    check, right, wrong = TESTS[name]
    assert check(right, rng_for(seed, name)).ending is Ending.EVIDENCE_FOR
    assert check(wrong, rng_for(seed, name)).ending is Ending.EVIDENCE_AGAINST


@pytest.mark.parametrize("name", TESTS)
def test_same_seed_same_result(name: str) -> None:
    """A result is a function of the seed and the keys alone, so hypothesis never sees a flaky check."""
    check, right, _ = TESTS[name]
    assert check(right, rng_for(5, name)) == check(right, rng_for(5, name))
    assert check(right, rng_for(5, name)).path != check(right, rng_for(6, name)).path


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize(
    "nonsense",
    [
        lambda n, rng: np.full((n, 2), np.nan),
        lambda n, rng: np.where(np.arange(n)[:, None] == n - 1, -np.inf, np.zeros((n, 2))),
        lambda n, rng: None,
        lambda n, rng: np.zeros((n - 1, 2)),
        lambda n, rng: np.zeros((n, 3, 2)),
        lambda n, rng: np.array([["a"] * 2] * n),
    ],
    ids=["nan", "one infinity", "None", "a row missing", "an axis too many", "text"],
)
def test_impossible_draws_fail_at_once(name: str, nonsense: Draw) -> None:
    """With a sentence for the student, not a traceback and not a test statistic."""
    result = TESTS[name][0](nonsense, rng_for(0, name))
    assert result.ending is Ending.NOT_A_DRAW
    with pytest.raises(Refuted, match=r"Draw \d+ is|Asked for \d+ draws|The draws have shape"):
        result.require()


def test_influence_function_needs_two_moments_only() -> None:
    """exp(phi(x)) <= 1 + x + x²/2 and exp(-phi(x)) <= 1 - x + x²/2 at every x; phi is odd and increasing."""
    x = np.linspace(-50, 50, 100_001)
    assert (np.exp(phi(x)) <= (1 + x + x**2 / 2) * (1 + 1e-12)).all()
    assert (np.exp(-phi(x)) <= (1 - x + x**2 / 2) * (1 + 1e-12)).all()
    assert np.array_equal(phi(-x), -phi(x))
    assert (np.diff(phi(x)) > 0).all()


def test_expected_capital_never_grows() -> None:
    """By enumeration of all samples of 4 from a skewed two-point law: E exp(evidence) <= 1 for the mean test."""
    values, probs = np.array([-1 / 3, 3.0]), np.array([0.9, 0.1])  # mean 0, variance 1
    test = MeanEquals(np.zeros(1), np.eye(1), 0.5)
    outcomes = np.array(list(itertools.product(range(2), repeat=4)))
    totals = test.statistics(values[outcomes][..., None]).sum(axis=1)
    against, _ = test.evidence(totals, 4)
    assert probs[outcomes].prod(axis=1) @ np.exp(against) <= 1
    biased = MeanEquals(np.zeros(1) - 0.5, np.eye(1), 0.5)  # the law is off by exactly the effect
    _, in_favour = biased.evidence(biased.statistics(values[outcomes][..., None]).sum(axis=1), 4)
    assert probs[outcomes].prod(axis=1) @ np.exp(in_favour) <= 1


def test_dirichlet_multinomial_is_a_martingale() -> None:
    """E exp(evidence) = 1 exactly over all samples of 5 categories, including one that never comes."""
    probs = np.array([0.2, 0.5, 0.3, 0.0])
    test = CountsFollow(probs, 0.1)
    outcomes = np.array(list(itertools.product(range(3), repeat=5)))
    against, _ = test.evidence(test.statistics(outcomes).sum(axis=1), 5)
    assert probs[outcomes].prod(axis=1) @ np.exp(against) == pytest.approx(1, rel=1e-12)


def test_an_impossible_category_is_refuted_by_one_draw() -> None:
    result = check_categorical(
        lambda n, rng: np.where(np.arange(n) == 5, 2, rng.integers(0, 2, n)),
        probs=np.array([0.5, 0.5, 0.0]),
        rng=rng_for(0),
    )
    assert result.ending is Ending.EVIDENCE_AGAINST
    assert result.log_e == math.inf


FIRST_OF_EACH_KIND = list({case.kind: case for case in reversed(CASES)}.values())


@pytest.mark.parametrize("case", FIRST_OF_EACH_KIND, ids=lambda case: case.kind)
def test_error_rates_at_relaxed_levels(case: Case) -> None:
    """300 runs at alpha = beta = 0.01: more than 15 errors of either kind have probability below 1e-6."""
    alpha = 0.01 * case.alpha_share
    true = replicate(case.test, case.true(300, rng_for(1)), 300, rng_for(2), alpha, 0.01)
    wrong = replicate(case.test, case.wrong(300, rng_for(3)), 300, rng_for(4), alpha, 0.01)
    assert true.failed.sum() <= 15
    assert (~wrong.failed).sum() <= 15


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_monitoring_costs_nothing(law: Law) -> None:
    """Looking 60 times without ever accepting: still at most alpha = 0.05, on tails of kurtosis up to 114."""
    test = MeanEquals(np.zeros(1), np.eye(1), 0.2)
    rows = lambda active, n, rng: law.sample((len(active), n, 1), rng)  # noqa: E731
    highest = highest_evidence(test, rows, 500, rng_for(0, law.name), 960, 16)
    assert (highest >= math.log(20)).sum() <= 60  # binomial(500, 0.05) exceeds 60 with probability 2e-9


@pytest.mark.parametrize("tilted", TILTED, ids=lambda t: f"{t.kind}, {t.law}")
def test_importance_sampling_agrees_at_one_percent(tilted: Tilted) -> None:
    """The tilted estimate is unbiased, so at alpha = 0.01 it must find what direct simulation finds: under 0.01."""
    weights, rejected = rejections(tilted, 400, rng_for(0, tilted.law), 0.01, 1000)
    assert rejected.mean() > 0.3
    assert 0 < weights.mean() < 0.01


def test_replications_are_runs() -> None:
    """What is calibrated is what is used: same generator, same batches, same verdict and number of draws."""
    test = MeanEquals(np.zeros(1), np.eye(1), 0.1)
    for seed, bias in enumerate((0.0, 0.1, 0.3)):
        with Budget(total=1e-3).active():
            result = run(test, normal(bias), rng_for(seed), 1e-6, 1e-3)
        rows = lambda active, n, rng, bias=bias: normal(bias)(n, rng)[None]  # noqa: E731
        many = replicate(test, rows, 1, rng_for(seed), 1e-6, 1e-3)
        assert (not result.passed, result.n_draws) == (many.failed[0], many.n_draws[0])


def test_draws_to_a_verdict() -> None:
    """About 4,300 draws to pass and 5,400 to fail at 0.1 sd; a fixed-size z-test of these levels takes 11,800."""
    test = MeanEquals(np.zeros(1), np.eye(1), 0.1)
    for bias, most in ((0.0, 4700), (0.1, 5900), (0.5, 260)):
        rows = lambda active, n, rng, b=bias: b + rng.standard_normal((len(active), n, 1))  # noqa: E731
        assert replicate(test, rows, 100, rng_for(0, bias), 1e-9, 1e-6).n_draws.mean() < most


def test_budget_refuses_the_assertion_that_would_exceed_it() -> None:
    """At alpha = 1e-11 exactly 100,000 assertions fit into 1e-6."""
    budget = Budget()
    for _ in range(100_000):
        budget.spend(ALPHA)
    with pytest.raises(BudgetExceeded, match="100000 Monte Carlo assertions"):
        budget.spend(ALPHA)
    assert budget.assertions == 100_000


def test_every_assertion_is_counted() -> None:
    """Results are kept in order; a test with a pilot spends alpha once, in two halves."""
    with Budget(total=2.5e-11).active() as budget:
        TESTS["mean"][0](normal(), rng_for(0))
        TESTS["mean by kurtosis"][0](normal(3.0), rng_for(0))
        assert budget.spent == pytest.approx(2e-11)
        with pytest.raises(BudgetExceeded):
            TESTS["mean"][0](normal(), rng_for(0))
    assert [result.passed for result in budget.results] == [True, True]


def test_generators_follow_their_keys() -> None:
    """Equal keys, equal streams; any change of seed, name, order or array gives another."""
    keys: list[Any] = [
        (0, "a", "b"),
        (0, "b", "a"),
        (0, "ab"),
        (1, "a", "b"),
        (0, np.arange(3)),
        (0, np.arange(4)),
        (0, 1.5),
    ]
    first = [rng_for(*key).random() for key in keys]
    assert len(set(first)) == len(keys)
    assert [rng_for(*key).random() for key in keys] == first


@pytest.mark.parametrize("variance", [0.0, -1.0, np.nan, np.inf, [1.0, 0.0]])
def test_variances_must_be_positive(variance: float) -> None:
    with pytest.raises(ValueError, match="positive and finite"):
        check_mean(normal(), mean=0, variance=variance, rng=rng_for(0))


def test_batches_reach_the_limit_exactly() -> None:
    assert sum(batch_sizes(22_105)) == 22_105
    assert max(b / n for b, n in zip(batch_sizes(22_105)[8:], np.cumsum(batch_sizes(22_105))[7:], strict=False)) <= 0.13


def test_calibration_resumes_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that is there is kept; shards share the blocks; tables are written from what is there."""
    measured: list[float] = []

    def measure(r: int, rng: np.random.Generator) -> dict[str, float]:
        measured.append(rng.random())
        return {"false_fails": 1.0}

    monkeypatch.setattr(calibrate, "TRIALS", (Trial("t-test", "n = 2", "Gaussian (+)", measure, 10, 4),))
    calibrate.main(["--out", str(tmp_path), "--shard", "1/2"])
    assert len(measured) == 2
    calibrate.main(["--out", str(tmp_path)])
    assert len(set(measured)) == 4
    calibrate.main(["--out", str(tmp_path), "--write", str(tmp_path)])
    assert "| n = 2 | Gaussian (+) | 40 | 0.1000 ± 0.0474 |" in (tmp_path / "calibration.md").read_text()
    assert json.loads(next((tmp_path / "t-test").glob("*.json")).read_text())["replications"] == 10
