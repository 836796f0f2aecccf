"""Draws to a verdict on a mean: the sequential test of the checks beside two tests of fixed size.

All of them err with probability at most 1e-9 on correct work and 1e-6 on a bias of 0.1 standard deviations: the z-test
only as far as the central limit theorem holds so far out in the tails, the others for every sample size. DKWM (the
method of TensorFlow Probability's `assert_true_mean_equal_by_dkwm`) needs to know the support, here ±7 standard
deviations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import norm

from bench.timing import Row, measured, seconds
from grading.montecarlo.calibration.cases import affine
from grading.montecarlo.calibration.laws import LAWS, Law
from grading.montecarlo.calibration.replicate import Verdicts, replicate
from grading.montecarlo.calibration.table import dkwm, fixed_z_test
from grading.montecarlo.calibration.trials import STRICT_ALPHA, STRICT_BETA
from grading.montecarlo.mean import MeanEquals

EFFECT, SUPPORT, RUNS = 0.1, 7.0, 200
TITLE = f"A verdict on a mean, alpha = {STRICT_ALPHA:g}, beta = {STRICT_BETA:g}, effect {EFFECT} standard deviations"


def rows() -> Iterator[Row]:
    """Processor time of a verdict, the drawing included, and the draws it took."""
    rng = np.random.default_rng(0)
    yield from (sequential(law, bias, rng) for law in (LAWS[0], LAWS[-1]) for bias in (0.0, EFFECT, 1.0))
    yield fixed("z-test of fixed size", z_test, fixed_z_test(EFFECT), rng)
    yield fixed(f"DKWM, support ±{SUPPORT:g} sd", dkwm_test, dkwm(EFFECT, 2 * SUPPORT), rng)


def sequential(law: Law, bias: float, rng: np.random.Generator) -> Row:
    """The test of the checks, many runs at once."""
    test, found = MeanEquals(np.zeros(1), np.eye(1), EFFECT), list[Verdicts]()

    def runs() -> None:
        found.append(replicate(test, affine(law, bias), RUNS, rng, STRICT_ALPHA, STRICT_BETA))

    return Row(f"sequential, {law.name}, biased by {bias:g} sd", measured(runs, 1) / RUNS, summary(found[0]))


def fixed(name: str, fails: Callable[[np.ndarray], bool], draws: float, rng: np.random.Generator) -> Row:
    """A test that always takes the same number of draws."""
    spent = seconds(lambda: fails(rng.standard_normal(math.ceil(draws))), repeats=3)
    return Row(name, spent, f"{draws:,.0f} draws, whatever the bias")


def summary(verdicts: Verdicts) -> str:
    """`4,012 draws on average, 0 of 200 fail`."""
    return f"{verdicts.n_draws.mean():,.0f} draws on average, {verdicts.failed.sum()} of {RUNS} fail"


def z_test(y: np.ndarray) -> bool:
    """Whether the mean of draws with variance 1 differs from 0."""
    return bool(abs(y.mean()) * math.sqrt(len(y)) > norm.isf(STRICT_ALPHA / 2))


def dkwm_test(y: np.ndarray) -> bool:
    """Whether 0 is the mean of no distribution within the Dvoretzky-Kiefer-Wolfowitz-Massart band around the draws.

    The extreme means of the band move a share eps = (log(2/alpha) / 2n)^(1/2) of the mass from one end of the draws to
    the other end of the support.
    """
    n = len(y)
    moved = math.ceil(n * math.sqrt(math.log(2 / STRICT_ALPHA) / (2 * n)))
    y = np.sort(y)
    lower = (y[: n - moved].sum() - moved * SUPPORT) / n
    upper = (y[moved:].sum() + moved * SUPPORT) / n
    return not lower <= 0 <= upper
