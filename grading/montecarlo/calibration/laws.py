"""Laws of single-sample estimators, light and heavy tailed, standardised by their exact moments.

Each is the law of something the checks really average: a score of a Gaussian's mean or log variance, the
score of a Gamma's shape, a REINFORCE gradient, an importance weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import polygamma, psi

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Law:
    """A standardised law: mean 0, variance 1, and its kurtosis E y⁴."""

    name: str
    sample: Callable[[Shape, np.random.Generator], np.ndarray]
    kurtosis: float


def gaussian(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """N(0, 1)."""
    return rng.standard_normal(shape)


def chi2_score(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Score of a Gaussian's log standard deviation, (eps² - 1)/√2."""
    return (rng.standard_normal(shape) ** 2 - 1) / math.sqrt(2)


GAMMA_SHAPE = 0.3


def gamma_shape_score(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Score of a Gamma(0.3)'s shape, (log x - ψ(a))/√ψ'(a); x = G_{a+1} U^{1/a} keeps log x finite."""
    a = GAMMA_SHAPE
    log_x = np.log(rng.standard_gamma(a + 1, shape)) - rng.standard_exponential(shape) / a
    return (log_x - psi(a)) / math.sqrt(polygamma(1, a))


REINFORCE_MEAN = 2.7


def reinforce(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """x (x - m), the REINFORCE gradient of E x under N(m, 1): mean 1, variance m² + 2."""
    eps, m = rng.standard_normal(shape), REINFORCE_MEAN
    return ((m + eps) * eps - 1) / math.sqrt(m**2 + 2)


def lognormal_weight(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """An importance weight exp(eps - 1/2), of mean 1 and variance e - 1."""
    return np.expm1(rng.standard_normal(shape) - 0.5) / math.sqrt(math.e - 1)


def _reinforce_kurtosis(m: float) -> float:
    """E((m eps + eps² - 1)⁴)/(m² + 2)², from the moments 3, 10, 60 of Hermite polynomials."""
    return (3 * m**4 + 6 * 10 * m**2 + 60) / (m**2 + 2) ** 2


LAWS = (
    Law("Gaussian", gaussian, 3.0),
    Law("chi² score", chi2_score, 15.0),
    Law("Gamma-shape score", gamma_shape_score, float(3 + polygamma(3, 0.3) / polygamma(1, 0.3) ** 2)),
    Law("REINFORCE", reinforce, _reinforce_kurtosis(REINFORCE_MEAN)),
    Law("lognormal weight", lognormal_weight, math.e**4 + 2 * math.e**3 + 3 * math.e**2 - 3),
)
