"""False positives at alpha = 1e-9, by importance sampling.

Runs are drawn from an equal mixture Q of tilted laws, under which the claim is false and rejection common;
a run that ends in rejection after n draws counts dP/dQ = 1 / mean_k exp(log dQ_k/dP), so that the average
over runs is the probability of rejection under the law P for which the claim is true.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, polygamma, psi

from grading.montecarlo.calibration.laws import GAMMA_SHAPE, REINFORCE_MEAN
from grading.montecarlo.categorical import CountsFollow
from grading.montecarlo.catoni import log_mean_exp
from grading.montecarlo.mean import MeanEquals
from grading.montecarlo.nonnegative import MeanAtMostOne
from grading.montecarlo.sequential import SequentialTest, batch_sizes


@dataclass(frozen=True)
class Tilted:
    """A test and an exponential family of laws through its true one, density exp(theta·t - A(theta)) dP.

    `sample(theta (R, p), n, rng)` gives rows for the test (R, n, ...) and sufficient statistics t (R, n, p).
    """

    kind: str
    law: str
    test: SequentialTest
    thetas: np.ndarray  # (k, p)
    log_normaliser: Callable[[np.ndarray], np.ndarray]  # (k, p) to (k,)
    sample: Callable[[np.ndarray, int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def rejections(
    tilted: Tilted, r: int, rng: np.random.Generator, alpha: float, n_max: int
) -> tuple[np.ndarray, np.ndarray]:
    """Importance weights (R,) of the runs, zero for those not rejected by n_max; and whether each was."""
    k = len(tilted.thetas)
    theta, normaliser = tilted.thetas[np.arange(r) % k], tilted.log_normaliser(tilted.thetas)
    weights, active = np.zeros(r), np.arange(r)
    totals, t_sum, n = np.zeros(()), np.zeros((r, tilted.thetas.shape[1])), 0
    for size in batch_sizes(n_max, first=16):
        rows, t = tilted.sample(theta[active], size, rng)
        totals, t_sum, n = totals + tilted.test.statistics(rows).sum(axis=1), t_sum + t.sum(axis=1), n + size
        crossed = tilted.test.evidence(totals, n)[0] >= -math.log(alpha)
        log_ratio = t_sum @ tilted.thetas.T - n * normaliser
        weights[active[crossed]] = np.exp(-log_mean_exp(log_ratio[crossed], axis=-1))
        active, totals, t_sum = active[~crossed], totals[~crossed], t_sum[~crossed]
        if not len(active):
            break
    return weights, weights > 0


SHIFTS = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
BOTH = np.concatenate([SHIFTS, -SHIFTS])[:, None]
MEAN = MeanEquals(np.zeros(1), np.eye(1), 0.1)


def _gaussian(theta: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    y = rng.standard_normal((len(theta), n, 1)) + theta[:, None]
    return y, y


def _chi2(theta: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    square = rng.standard_normal((len(theta), n, 1)) ** 2 / (1 - 2 * theta[:, None])
    return (square - 1) / math.sqrt(2), square


def _gamma_shape(theta: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    a = GAMMA_SHAPE + theta[:, None]
    shape = (len(theta), n, 1)
    log_x = np.log(rng.standard_gamma(np.broadcast_to(a + 1, shape))) - rng.standard_exponential(shape) / a
    return (log_x - psi(GAMMA_SHAPE)) / math.sqrt(polygamma(1, GAMMA_SHAPE)), log_x


def _reinforce(theta: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    m, precision = REINFORCE_MEAN, 1 - 2 * theta[:, None]
    eps = rng.standard_normal((len(theta), n, 1)) / np.sqrt(precision) + theta[:, None] * m / precision
    t = (m + eps) * eps
    return (t - 1) / math.sqrt(m**2 + 2), t


def _lognormal(theta: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    eps = rng.standard_normal((len(theta), n, 1)) + theta[:, None]
    return np.expm1(eps - 0.5) / math.sqrt(math.e - 1), eps


def _weights(theta: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    eps = rng.standard_normal((len(theta), n, 1)) + theta[:, None]
    return eps - 0.5, eps


def _squares(theta: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    _, square = _chi2(theta, n, rng)
    return np.log(square), square


PROBS = np.array([0.1, 0.2, 0.3, 0.4])
PAIRS = [(i, j) for i in range(4) for j in range(4) if i != j]
LEANS = np.array([b * (np.eye(4)[i] - np.eye(4)[j]) for b in (0.1, 0.3, 0.8) for i, j in PAIRS])


def _categories(theta: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    p = PROBS * np.exp(theta)
    edges = np.cumsum(p / p.sum(axis=1, keepdims=True), axis=1)[:, None, :-1]
    labels = (rng.random((len(theta), n, 1)) > edges).sum(axis=-1)
    return labels, np.eye(4)[labels]


def _half_square(theta: np.ndarray) -> np.ndarray:
    return theta[:, 0] ** 2 / 2


def _chi2_normaliser(theta: np.ndarray) -> np.ndarray:
    return -np.log1p(-2 * theta[:, 0]) / 2


def _reinforce_normaliser(theta: np.ndarray) -> np.ndarray:
    return _chi2_normaliser(theta) + (theta[:, 0] * REINFORCE_MEAN) ** 2 / (2 * (1 - 2 * theta[:, 0]))


TILTED = (
    Tilted("mean", "Gaussian", MEAN, BOTH, _half_square, _gaussian),
    Tilted("mean", "chi² score", MEAN, BOTH * 0.45, _chi2_normaliser, _chi2),
    Tilted(
        "mean",
        "Gamma-shape score",
        MEAN,
        BOTH * 0.28,
        lambda theta: gammaln(GAMMA_SHAPE + theta[:, 0]) - gammaln(GAMMA_SHAPE),
        _gamma_shape,
    ),
    Tilted("mean", "REINFORCE", MEAN, BOTH * 0.3, _reinforce_normaliser, _reinforce),
    Tilted("mean", "lognormal weight", MEAN, BOTH, _half_square, _lognormal),
    Tilted(
        "bound",
        "lognormal weights, K = 1",
        MeanAtMostOne(1, math.e, 0.1, "", ""),
        np.concatenate([SHIFTS, [1.2]])[:, None],
        _half_square,
        _weights,
    ),
    Tilted("variance", "Gaussian", MeanAtMostOne(1, 3, 0.5, "", ""), BOTH[:5] * 0.45, _chi2_normaliser, _squares),
    Tilted(
        "categories",
        "(.1, .2, .3, .4)",
        CountsFollow(PROBS, 0.02),
        LEANS,
        lambda theta: np.log(np.exp(theta) @ PROBS),
        _categories,
    ),
)
