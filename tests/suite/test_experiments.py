"""What the experiments are judged by agrees with the reference's exact results, derived another way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logsumexp

from grading.experiments import autoencoder_plots, autoencoders, bbvi, evaluation, gamma_descent
from grading.experiments.conjugate import Posterior
from grading.submission import Submission
from grading.verdict.claims import Refuted
from grading.verdict.exhibits import Exhibits
from implementations import conjugate, gamma, normal_gamma
from tests import test_bbvi_experiment
from tests.suite import variants  # noqa: F401  (fill the corpus)
from tests.suite.corpus import VARIANTS, Function, Replaced
from tests.suite.variants.normal_gamma import fit_in

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


def ended(fit: Function, seed: int, control_variates: bool) -> None:
    """Judge a quick run on 10 points.  Raises Refuted."""
    submission = Submission(Replaced({"bbvi.fit": fit}))
    run = test_bbvi_experiment.one_run(submission, 10, control_variates, "quick", seed)
    test_bbvi_experiment.accept({10: run}, control_variates, "quick", 1.0, Exhibits())


@pytest.mark.parametrize("control_variates", [False, True])
def test_every_choice_of_coordinates_ends_where_correct_runs_do(control_variates: bool) -> None:
    """The corpus's correct ascents, each on other data."""
    fits = {each.name: each.replacement for each in VARIANTS if each.function == "bbvi.fit"}
    assert len(fits) >= 6
    for seed, fit in enumerate(fits.values()):
        ended(fit, seed, control_variates)


@pytest.mark.parametrize("control_variates", [False, True])
def test_an_ascent_of_mu_alone_is_refuted(control_variates: bool) -> None:
    """With lambda_N, a_N and b_N frozen E[mu] is right, and the bound says so."""
    frozen = fit_in(np.log, np.exp, np.zeros_like)
    for seed in range(2):
        with pytest.raises(Refuted, match="gap to the best mean field"):
            ended(frozen, seed, control_variates)


def test_the_tolerance_of_a_course_file_reaches_the_experiment(tmp_path: Path) -> None:
    """The reference does not stay within a thousandth of the recorded band."""
    (tmp_path / "course.toml").write_text("[tolerance]\nexperiments = 1e-3\n")
    options = ["--experiments", "quick", "--question", "2.2.18", "-k", "reaches_the_estimate", "-q"]
    command = [sys.executable, "-m", "pytest", f"--course={tmp_path / 'course.toml'}", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "correct runs" in done.stdout, done.stdout + done.stderr


def test_signal_to_noise_of_a_known_gradient() -> None:
    """For draws with mean 2 and standard deviation 1 in each of P coordinates it is 2; for pure noise it is near 0."""
    noise = np.random.default_rng(0).normal(size=(12, 20_000))
    assert autoencoder_plots.signal_to_noise(noise + 2) == pytest.approx(2, rel=0.02)
    assert autoencoder_plots.signal_to_noise(noise) < 0.05


def test_bounds_from_blocks_of_draws_are_the_bounds() -> None:
    """One draw a block is the mean log weight, all in one block its logsumexp; in between, the bound rises."""
    log_w = np.random.default_rng(1).normal(-90, 4, (50, 200))
    found = [evaluation.in_blocks(log_w, K) for K in autoencoder_plots.DRAWS]
    assert found[0] == pytest.approx(log_w.mean())
    assert found[-1] == pytest.approx((logsumexp(log_w, axis=1) - np.log(200)).mean())
    assert (np.diff(found) > 0).all()
