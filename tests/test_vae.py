"""3.1.25: the VAE's draw, weights, loss and gradient, against torch.distributions at the same noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.submission import Model, Submission
from grading.verdict.claims import Refuted, array, number
from tests import autoencoders as ae
from tests.gradient_parts import ATOL, RTOL, Parts, define, values, wrong_losses
from tests.recognition import agrees
from tests.reparameterized import require_draw
from tests.strategies import seeds
from tests.weight_mistakes import wrong_log_weights

Array = np.ndarray
Q25 = pytest.mark.question("3.1.25")
EXTREME_LOG_VARS = st.sampled_from([0.0, -8.0, 8.0, -20.0, 20.0])  # failing examples shrink to the first


@Q25
@given(seed=seeds(), log_var=EXTREME_LOG_VARS)
def test_reparameterize(submission: Submission, seed: int, log_var: float) -> None:
    """z = mean + σ ε with σ² = exp(log_var), differentiable in both.

    Rung: pathwise, at the same noise.
    """
    rng = np.random.default_rng(seed)
    mean, log_vars, eps = rng.normal(size=(3, 2)), log_var + rng.uniform(-1, 1, (3, 2)), rng.normal(size=(3, 2))
    require_draw(submission.vae.reparameterize, mean, log_vars, eps, {})


@Q25
@given(seed=seeds())
def test_log_weights(submission: Submission, seed: int) -> None:
    """log w = log p(x | z) + log p(z) - log q(z | x), with all constants, one value a row.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed)
    log_w = array(submission.vae.log_weights(*case.arguments), (len(case.x),), "log_weights(x, model, eps)")
    terms = ae.define(ae.network_of(case), case)
    agrees(
        log_w, values(terms.log_w), "log_weights", mistakes=wrong_log_weights(case, terms), oracle="torch.distributions"
    )


@Q25
@given(seed=seeds())
def test_loss_is_minus_the_elbo(submission: Submission, seed: int) -> None:
    """The loss is -log w averaged over the batch.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed)
    value = number(submission.vae.loss(*case.arguments), "loss(x, model, eps)")
    agrees(value, -values(define(case).log_w).mean(), "loss", mistakes=wrong_losses(case), oracle="torch.distributions")


@Q25
@given(seed=seeds())
def test_loss_gradient_is_the_total_derivative(submission: Submission, seed: int) -> None:
    """The loss's gradient in all parameters is that of -log w, differentiated through z and through q.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed)
    parts = Parts(case)
    _, found = submission.vae.loss.gradient(*case.arguments, wrt="model")
    for prefix in ("decoder.", "encoder."):
        agrees(
            parts.take(found, prefix),
            parts.take(parts.total, prefix),
            f"gradient of loss in {prefix[:-1]}",
            mistakes=parts.wrong(prefix),
            rtol=RTOL,
            atol=ATOL,
            oracle="autodiff of the densities",
        )


@Q25
@given(
    logit=st.sampled_from([-200.0, -60.0, 60.0, 200.0]), pixel=st.sampled_from([0.0, 0.3, 1.0]), single=st.booleans()
)
def test_saturated_pixels(submission: Submission, logit: float, pixel: float, single: bool) -> None:
    """log p(x | z) is exact for pixels that are all but certain, in float32 and float64.

    Rung: pathwise, at the same noise.
    """
    dtype = np.float32 if single else np.float64
    mild = submission.vae.log_weights(*equal_pixels(logit / 200, pixel, dtype).arguments)
    log_w = submission.vae.log_weights(*equal_pixels(logit, pixel, dtype).arguments)
    expected, tolerance = 2 * log_bernoulli(logit, pixel), 1e-4 if single else 1e-9
    digits = 1e-4 if single else 1e-7
    elsewhere_right = np.allclose(mild, 2 * log_bernoulli(logit / 200, pixel), rtol=digits, atol=0)
    if np.shape(log_w) == (1,) and not np.isfinite(log_w).all():
        mistake = SATURATED if elsewhere_right else ""
        raise Refuted(f"log_weights is {log_w[0]} at logits {logit}", mistake=mistake)
    log_w = array(log_w, (1,), "log_weights(x, model, eps)")
    if abs(log_w[0] - expected) > tolerance * max(1, abs(expected)):
        mistake = CUT_OFF if elsewhere_right else ""
        raise Refuted(f"log_weights is {log_w[0]:.8g} at logits {logit}, expected {expected:.8g}", mistake=mistake)


def equal_pixels(logit: float, pixel: float, dtype: type) -> ae.Case:
    """Two pixels of one logit, whatever z is; q is the prior, so that log w is log p(x | z)."""
    model = Model(
        encoder=[(np.eye(2), np.zeros(2))],
        mean=(np.zeros((1, 2)), np.zeros(1)),
        log_var=(np.zeros((1, 2)), np.zeros(1)),
        decoder=[(np.zeros((2, 1)), np.full(2, logit))],
    )
    return ae.cast(ae.Case(model, np.full((1, 2), pixel), np.array([[0.5]])), dtype)


def log_bernoulli(logit: float, pixel: float) -> float:
    """log p(x | z) of one pixel."""
    return pixel * logit - float(np.logaddexp(0.0, logit))


CUT_OFF = (
    "log p(x | z) is cut off where a pixel is all but certain: clamp neither logits nor probabilities, compute it from "
    "the logits (binary_cross_entropy_with_logits, or x * logits - softplus(logits))"
)
SATURATED = (
    "log(sigmoid(logits)) rounds sigmoid to 0 or 1; compute log p(x | z) from the logits "
    "(binary_cross_entropy_with_logits, or x * logits - softplus(logits))"
)


@Q25
@given(seed=seeds(), log_var=EXTREME_LOG_VARS)
def test_extreme_variances(submission: Submission, seed: int, log_var: float) -> None:
    """log w keeps its digits for very narrow and very wide q.

    Rung: pathwise, at the same noise.
    """
    rng = np.random.default_rng(seed)
    model = ae.affine_model(rng, log_var=log_var)
    case = ae.Case(model, rng.random((3, 4)) * 1e-3, rng.normal(size=(3, 2)))
    log_w = array(submission.vae.log_weights(*case.arguments), (3,), "log_weights(x, model, eps)")
    agrees(log_w, values(define(case).log_w), "log_weights", rtol=1e-6, atol=1e-6, oracle="torch.distributions")
