"""What is measured, cut into independent blocks of replications: each returns counts that simply add up."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grading.montecarlo.budget import rng_for
from grading.montecarlo.calibration.cases import CASES, Case, affine, counts_case
from grading.montecarlo.calibration.laws import LAWS, Law
from grading.montecarlo.calibration.rare import TILTED, Tilted, rejections
from grading.montecarlo.calibration.replicate import Rows, Verdicts, highest_evidence, replicate
from grading.montecarlo.mean import MeanEquals
from grading.montecarlo.sequential import SequentialTest

Counts = dict[str, float]
SEED = 20150901

RELAXED = 0.01
STRICT_ALPHA, STRICT_BETA = 1e-9, 1e-6


@dataclass(frozen=True)
class Trial:
    """One row of the calibration table: `measure(r, rng)` on `blocks` blocks of `block` replications."""

    table: str
    kind: str
    law: str
    measure: Callable[[int, np.random.Generator], Counts]
    block: int
    blocks: int

    def run(self, index: int) -> Counts:
        """The counts of one block, the same whenever and wherever it runs."""
        rng = rng_for(SEED, self.table, self.kind, self.law, index)
        return {"replications": self.block} | self.measure(self.block, rng)


def _relaxed(case: Case) -> Trial:
    """False positives under the claim, with and without early acceptance; false passes at the effect."""
    alpha = RELAXED * case.alpha_share

    def measure(r: int, rng: np.random.Generator) -> Counts:
        """Counts of r replications of three runs."""
        highest = highest_evidence(case.test, case.true(r, rng), r, rng, n_max=2000, step=16)
        true = replicate(case.test, case.true(r, rng), r, rng, alpha, RELAXED)
        wrong = replicate(case.test, case.wrong(r, rng), r, rng, alpha, RELAXED)
        return {
            "rejected_at_some_look": int((highest >= -math.log(alpha)).sum()),
            "false_fails": int(true.failed.sum()),
            "false_passes": int((~wrong.failed).sum()),
            "draws_if_true": int(true.n_draws.sum()),
            "draws_if_wrong": int(wrong.n_draws.sum()),
        }

    return Trial("relaxed", case.kind, case.law, measure, 2000, 10)


def _rare(tilted: Tilted) -> Trial:
    """Sums of importance weights and of their squares."""

    def measure(r: int, rng: np.random.Generator) -> Counts:
        """Sums over r replications."""
        weights, rejected = rejections(tilted, r, rng, STRICT_ALPHA, n_max=16000)
        scaled = weights / STRICT_ALPHA
        return {
            "weight": float(scaled.sum()),
            "weight_squared": float((scaled**2).sum()),
            "runs_rejected": int(rejected.sum()),
        }

    return Trial("rare", tilted.kind, tilted.law, measure, 2000, 10)


def summary(verdicts: Verdicts) -> Counts:
    """Counts of a block of complete runs."""
    return {
        "failed": int(verdicts.failed.sum()),
        "at_limit": int(verdicts.at_limit.sum()),
        "draws": int(verdicts.n_draws.sum()),
        "draws_squared": float((verdicts.n_draws.astype(float) ** 2).sum()),
    }


def _samples(test: SequentialTest, rows: Rows, kind: str, law: str) -> Trial:
    """Draws to a verdict at alpha = 1e-9 and beta = 1e-6."""

    def measure(r: int, rng: np.random.Generator) -> Counts:
        """Counts of r complete runs."""
        return summary(replicate(test, rows, r, rng, STRICT_ALPHA, STRICT_BETA))

    return Trial("samples", kind, law, measure, 250, 4)


def _sample_trials() -> list[Trial]:
    mean = MeanEquals(np.zeros(1), np.eye(1), 0.1)
    found: list[Trial] = []
    for law in (LAWS[0], LAWS[3], LAWS[4]):
        for bias in (0.0, 0.1, 0.2, 0.5, 1.0, 3.0):
            found.append(_samples(mean, affine(law, bias), f"mean, bias {bias:g} sd", law.name))
    found += [_samples(*_dimensions(d, bias), LAWS[0].name) for d in (4, 16, 64) for bias in (0.0, 0.1)]
    probs = np.array([0.1, 0.2, 0.3, 0.4])
    case = counts_case("(.1, .2, .3, .4)", probs, 0.02)
    for name, start in (("correct", case.true), ("two cells ±.02", case.wrong)):
        rows = start(1, np.random.default_rng())  # counts need no pilot
        found.append(_samples(case.test, rows, f"categories, {name}", case.law))
    return found


def _dimensions(d: int, bias: float) -> tuple[SequentialTest, Rows, str]:
    """A bias in one of d independent coordinates."""
    shift = np.zeros(d)
    shift[0] = bias

    def rows(active: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        """Gaussian rows, moved in the first coordinate."""
        return LAWS[0].sample((len(active), n, d), rng) + shift

    return MeanEquals(np.zeros(d), np.eye(d), 0.1), rows, f"mean, {d} coordinates, bias {bias:g} sd in one"


def _fixed_size(law: Law, n: int) -> Trial:
    """The t-test at nominal 1e-3 with n draws, as it is usually done: its real false-positive rate."""

    def measure(r: int, rng: np.random.Generator) -> Counts:
        """How many of r t-tests reject."""
        y = law.sample((r, n), rng)
        t = math.sqrt(n) * y.mean(axis=1) / y.std(axis=1, ddof=1)
        return {"false_fails": int((np.abs(t) > 3.2905).sum())}

    return Trial("t-test", f"n = {n}", law.name, measure, 2000, 10)


TRIALS: tuple[Trial, ...] = (
    *map(_relaxed, CASES),
    *map(_rare, TILTED),
    *_sample_trials(),
    *(_fixed_size(law, n) for law in LAWS for n in (100, 1000)),
)
