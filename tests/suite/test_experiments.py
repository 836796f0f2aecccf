"""What the experiments are judged by agrees with the reference's exact results, derived another way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grading.experiments import autoencoders, bbvi, gamma_descent
from grading.experiments.conjugate import Posterior
from implementations import conjugate, gamma, normal_gamma

ROOT = Path(__file__).parents[2]
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


def test_the_courses_tolerance_multiplies_every_band() -> None:
    """A course that accepts more accepts that many times the distance from correct runs, in every experiment."""
    runs = autoencoders.recorded("quick")["VAE"]
    for seed, centre in ((0, runs[0]), (999, float(np.mean(list(runs.values()))))):
        bands = [centre - autoencoders.lowest("quick", "VAE", seed, tolerance) for tolerance in (1.0, 1.5, 3.0)]
        assert bands[0] > 0
        np.testing.assert_allclose(np.divide(bands, bands[0]), [1, 1.5, 3], rtol=1e-9)
    narrow, wide = (bbvi.interval("quick", 10, False, "mu_error", tolerance) for tolerance in (1.0, 2.0))
    assert wide[1] - wide[0] == pytest.approx(2 * (narrow[1] - narrow[0])) and sum(wide) == pytest.approx(sum(narrow))


def test_the_tolerance_of_a_course_file_reaches_the_experiment(tmp_path: Path) -> None:
    """The reference does not stay within a thousandth of the recorded band."""
    (tmp_path / "course.toml").write_text("[tolerance]\nexperiments = 1e-3\n")
    options = ["--experiments", "quick", "--question", "2.2.18", "-k", "reaches_the_estimate", "-q"]
    command = [sys.executable, "-m", "pytest", f"--course={tmp_path / 'course.toml'}", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "correct runs" in done.stdout, done.stdout + done.stderr
