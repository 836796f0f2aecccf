"""What the experiments are judged by agrees with the reference's exact results, derived another way."""

from __future__ import annotations

import numpy as np
import pytest

from grading.experiments import gamma_descent
from grading.experiments.conjugate import Posterior
from implementations import conjugate, gamma, normal_gamma

PRIOR = (0.7, 0.3, 1.8, 2.4)


@pytest.fixture
def x() -> np.ndarray:
    """Some points."""
    return np.random.default_rng(5).normal(1.3, 0.8, 12)


def test_evidence_less_the_gap_is_the_bound(x: np.ndarray) -> None:
    """log p(x) - KL(q || posterior) = ELBO(q), for several q at once."""
    posterior = Posterior.of(x, PRIOR)
    assert posterior.log_evidence == pytest.approx(conjugate.log_evidence(x, PRIOR), rel=1e-13)
    qs = np.array([(1.1, 3.0, 2.6, 1.9), (-0.4, 0.7, 0.9, 3.1), posterior.mean_field])
    bounds = [normal_gamma.elbo(x, PRIOR, tuple(q)) for q in qs]
    np.testing.assert_allclose(posterior.log_evidence - posterior.gap(qs), bounds, rtol=1e-12)


def test_mean_field_is_the_fixed_point_of_coordinate_ascent(x: np.ndarray) -> None:
    """Both closed forms agree."""
    np.testing.assert_allclose(Posterior.of(x, PRIOR).mean_field, conjugate.cavi_optimum(x, PRIOR), rtol=1e-13)


def test_likelihood_is_least_at_its_optimum() -> None:
    """The loss agrees with the reference's, whose gradient vanishes at the optimum."""
    x = np.random.default_rng(1).gamma(3, 2, 50)
    likelihood = gamma_descent.Likelihood.of(x)
    theta = np.array([2.2, 1.7])
    assert likelihood.loss(theta) == pytest.approx(gamma.negative_log_likelihood(x, *theta), rel=1e-13)
    np.testing.assert_allclose(gamma.negative_log_likelihood_gradient(x, *likelihood.optimum), 0, atol=1e-10)
    assert likelihood.distance(likelihood.optimum) == 0
