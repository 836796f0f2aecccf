"""2.1.10 and 2.1.11 in numbers: L_1 ≤ L_2 ≤ ... ≤ log p(X), exactly and draw by draw.

These are the theorems that the questions ask to derive, evaluated on random finite models by enumeration of all K
draws; they concern no submission.  Burda, Grosse, Salakhutdinov 2016, Theorem 1.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp

from tests.strategies import seeds

Array = np.ndarray


def model(seed: int, states: int) -> tuple[Array, Array]:
    """log p(X, Z) and log q(Z | X) over the states of Z."""
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.full(states, 0.8)) * (1 - 1e-6) + 1e-6 / states
    return np.log(rng.gamma(0.5, size=states) * 0.1 + 1e-9), np.log(q)


def expected_bound(log_p: Array, log_q: Array, K: int) -> float:
    """L_K by enumeration of all draws (Z_1, ..., Z_K), in nats."""
    index = np.array(list(itertools.product(range(len(log_p)), repeat=K)))
    log_w = (log_p - log_q)[index]
    return float(np.exp(log_q[index].sum(1)) @ (logsumexp(log_w, axis=1) - np.log(K)))


@given(seed=seeds(), states=st.integers(2, 5))
def test_bounds_are_ordered(seed: int, states: int) -> None:
    """ELBO = L_1 ≤ L_2 ≤ L_3 ≤ L_4 ≤ log p(X)."""
    log_p, log_q = model(seed, states)
    bounds = [expected_bound(log_p, log_q, K) for K in (1, 2, 3, 4)]
    assert bounds[0] == pytest.approx(np.exp(log_q) @ (log_p - log_q), abs=1e-10)
    for smaller, larger in itertools.pairwise([*bounds, float(logsumexp(log_p))]):
        assert smaller <= larger + 1e-10


@given(seed=seeds(), states=st.integers(2, 5), K=st.integers(1, 4))
def test_average_weight_is_unbiased(seed: int, states: int, K: int) -> None:
    """E[(1/K) Σ w_k] = p(X) for every K: the fact behind the bound."""
    log_p, log_q = model(seed, states)
    index = np.array(list(itertools.product(range(states), repeat=K)))
    average = np.exp((log_p - log_q)[index]).mean(1)
    assert np.exp(log_q[index].sum(1)) @ average == pytest.approx(np.exp(logsumexp(log_p)), rel=1e-9)


@given(seed=seeds(), K=st.integers(2, 30), spread=st.sampled_from([0.1, 3.0, 100.0]))
def test_every_draw_obeys_jensen(seed: int, K: int, spread: float) -> None:
    """For every draw of the weights: log-mean of K ≥ average over leave-one-out log-means ≥ average log weight."""
    log_w = spread * np.random.default_rng(seed).normal(size=K)
    whole = logsumexp(log_w) - np.log(K)
    without = np.mean([logsumexp(np.delete(log_w, k)) - np.log(K - 1) for k in range(K)])
    assert log_w.mean() - 1e-9 <= without <= whole + 1e-9


@given(seed=seeds(), states=st.integers(2, 5))
def test_equal_where_q_is_the_posterior(seed: int, states: int) -> None:
    """With q = p(Z | X) every weight is p(X), so all bounds are log p(X)."""
    log_p, _ = model(seed, states)
    log_evidence = float(logsumexp(log_p))
    assert expected_bound(log_p, log_p - log_evidence, 3) == pytest.approx(log_evidence, abs=1e-9)
