"""1.1.1-1.1.3 in numbers: the decomposition, the gap of a family and the mean-field optimum, exactly.

These are the theorems that the questions ask to derive, evaluated on random models; they hold the derivations' and
the checks' own definitions to account, and concern no submission.  One lays a picture beside the answer to 1.1.2.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from grading.experiments import families
from grading.verdict.exhibits import Exhibits
from tests.strategies import seeds

Array = np.ndarray
SHAPES = st.sampled_from([(2, 2, 2), (3, 2, 4), (5, 1, 3)])


def joint(seed: int, shape: tuple[int, ...]) -> Array:
    """p(X = x, Z_1, Z_2, Z_3) of an observed x: a positive table whose sum is the evidence."""
    return np.random.default_rng(seed).gamma(0.7, size=shape) * 0.1 + 1e-6


def factors(seed: int, shape: tuple[int, ...]) -> list[Array]:
    """A random mean-field q."""
    rng = np.random.default_rng([seed, 1])
    return [rng.dirichlet(np.full(n, 0.8)) + 1e-9 for n in shape]


def product(q: list[Array]) -> Array:
    """q(Z_1) q(Z_2) q(Z_3), normalised."""
    table = np.einsum("i,j,k->ijk", *q)
    return table / table.sum()


def elbo(p: Array, q: Array) -> float:
    """E_q[log p(X, Z) - log q(Z)] in nats."""
    return float((q * (np.log(p) - np.log(q))).sum())


@given(seed=seeds(), shape=SHAPES)
def test_evidence_is_elbo_plus_kl(seed: int, shape: tuple[int, ...]) -> None:
    """log p(X) = ELBO + KL(q ‖ p(Z | X)), and the KL divergence is not negative."""
    p, q = joint(seed, shape), product(factors(seed, shape))
    posterior = p / p.sum()
    kl = float((q * np.log(q / posterior)).sum())
    assert kl >= 0
    assert elbo(p, q) + kl == pytest.approx(np.log(p.sum()), abs=1e-10)
    assert elbo(p, posterior) == pytest.approx(np.log(p.sum()), abs=1e-10)


@given(seed=seeds(), shape=SHAPES, size=st.sampled_from([1e-3, 0.1, 1.0]))
def test_mean_field_optimum_beats_every_other_factor(seed: int, shape: tuple[int, ...], size: float) -> None:
    """q_1* ∝ exp E_{-1}[log p(X, Z)] is above every perturbation, by exactly KL(q_1 ‖ q_1*)."""
    p, q = joint(seed, shape), factors(seed, shape)
    q = [each / each.sum() for each in q]
    log_optimum = np.einsum("ijk,j,k->i", np.log(p), q[1], q[2])
    optimum = np.exp(log_optimum - np.logaddexp.reduce(log_optimum))
    other = optimum * np.exp(size * np.random.default_rng([seed, 2]).normal(size=shape[0]))
    other /= other.sum()
    best, worse = (elbo(p, product([each, *q[1:]])) for each in (optimum, other))
    assert best - worse == pytest.approx((other * np.log(other / optimum)).sum(), abs=1e-10)
    assert best >= worse - 1e-12


@given(rho=st.floats(-0.99, 0.99), scale=st.floats(0.1, 10.0))
def test_gap_of_the_mean_field_family(rho: float, scale: float) -> None:
    """For a Gaussian posterior with correlation ρ the best factorised q misses -½ log(1 - ρ²) nats, and its variances
    are those of the posterior times 1 - ρ²: a richer family is tighter and more accurate."""
    covariance = np.array([[1.0, rho * scale], [rho * scale, scale**2]])
    precision = np.linalg.inv(covariance)
    variances = 1 / np.diag(precision)
    kl = 0.5 * (np.trace(precision @ np.diag(variances)) - 2 + np.log(np.linalg.det(covariance) / variances.prod()))
    assert kl == pytest.approx(-0.5 * np.log(1 - rho**2), abs=1e-9)
    np.testing.assert_allclose(variances, np.diag(covariance) * (1 - rho**2), rtol=1e-9)


@cache
def picture() -> Figure:
    """Of the three families; no submission has a part in it."""
    return families.figure(families.gaps())


@pytest.mark.question("1.1.2")
def test_family_and_tightness(exhibits: Exhibits) -> None:
    """Laid beside the answer: the best ELBO and the best q of three nested families of Gaussians, by optimisation."""
    gaps = families.gaps()
    for family, values in gaps.items():
        exhibits.fact(f"nats missed by {family}, by correlation", [float(round(gap, 4)) for gap in values])
    exhibits.fact("correlation of the posterior", families.CORRELATIONS.tolist())
    exhibits.plot(picture(), "A richer family: a tighter bound, a closer q", families.describe(gaps))


def test_best_members_of_the_families() -> None:
    """Optimisation finds the known gaps, -½ log(1 - ρ²) factorised and 0 with full covariance, and no family beats one
    that contains it."""
    one_variance, factorised, full = families.gaps().values()
    np.testing.assert_allclose(factorised, -0.5 * np.log(1 - families.CORRELATIONS**2), atol=1e-9)
    np.testing.assert_allclose(full, 0, atol=1e-9)
    assert (one_variance > factorised).all() and (factorised[1:] > full[1:]).all()
    covariance = families.best(families.FAMILIES[1], families.SHOWN).covariance
    np.testing.assert_allclose(np.diag(covariance), families.SCALES**2 * (1 - families.SHOWN**2), rtol=1e-5)
