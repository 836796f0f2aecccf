"""Question 5.1.1, the worked example of an own question.

Both oracles are definitions: log densities of scipy, integrated exactly by Gauss-Hermite quadrature (the integrand is
a quadratic polynomial in w), and the log evidence as the density of y.  No statistics; false positives 0.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from grading.submission import Submission
from grading.verdict.claims import close, number

POSITIVE = st.floats(0.1, 10.0)
SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.question("5.1.1")
@given(seed=SEEDS, alpha=POSITIVE, beta=POSITIVE)
def test_elbo_is_its_expectation(submission: Submission, seed: int, alpha: float, beta: float) -> None:
    """Three nodes a dimension integrate a quadratic exactly.  It catches a forgotten trace and variance for std."""
    rng = np.random.default_rng(seed)
    X, y, mean, variance = rng.normal(size=(5, 2)), rng.normal(size=5), rng.normal(size=2), rng.uniform(0.1, 4.0, 2)
    nodes, weights = np.polynomial.hermite_e.hermegauss(3)
    grid = np.array([[a, b] for a in nodes for b in nodes])
    mass = np.array([a * b for a in weights for b in weights]) / (2 * np.pi)
    w = mean + np.sqrt(variance) * grid
    log_joint = norm.logpdf(y, w @ X.T, beta**-0.5).sum(1) + norm.logpdf(w, 0.0, alpha**-0.5).sum(1)
    expected = mass @ (log_joint - norm.logpdf(w, mean, np.sqrt(variance)).sum(1))
    got = number(submission.blr.elbo(X, y, alpha, beta, mean, variance), "the ELBO")
    close(got, expected, "the ELBO", rtol=1e-9, atol=1e-9, oracle="E_q[log p(y, w) - log q(w)] by quadrature")


@pytest.mark.question("5.1.1")
@given(seed=SEEDS, alpha=POSITIVE, beta=POSITIVE)
def test_elbo_is_tight_at_the_posterior(submission: Submission, seed: int, alpha: float, beta: float) -> None:
    """With orthogonal columns the posterior factorises, so the family holds it.  It catches dropped constants."""
    rng = np.random.default_rng(seed)
    X = np.linalg.qr(rng.normal(size=(5, 2)))[0] * rng.uniform(0.5, 2.0, 2)
    y = rng.normal(size=5)
    variance = 1.0 / (alpha + beta * (X**2).sum(0))
    evidence = multivariate_normal(np.zeros(5), np.eye(5) / beta + X @ X.T / alpha).logpdf(y)
    got = number(submission.blr.elbo(X, y, alpha, beta, beta * variance * (X.T @ y), variance), "the ELBO")
    close(got, evidence, "the ELBO", rtol=1e-9, atol=1e-9, oracle="log N(y; 0, I/beta + X X'/alpha)")
