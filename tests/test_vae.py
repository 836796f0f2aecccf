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
from tests.recognition import Mistakes, agrees
from tests.strategies import seeds

Array = np.ndarray
Q25 = pytest.mark.question("3.1.25")
EXTREME_LOG_VARS = st.sampled_from([0.0, -8.0, 8.0, -20.0, 20.0])  # failing examples shrink to the first


@Q25
@given(seed=seeds(), log_var=EXTREME_LOG_VARS)
def test_reparameterize(submission: Submission, seed: int, log_var: float) -> None:
    """z = mean + σ ε with σ² = exp(log_var).

    Rung: pathwise, at the same noise.
    """
    rng = np.random.default_rng(seed)
    mean, log_vars, eps = rng.normal(size=(3, 2)), log_var + rng.uniform(-1, 1, (3, 2)), rng.normal(size=(3, 2))
    z = array(submission.vae.reparameterize(mean, log_vars, eps), (3, 2), "reparameterize(mean, log_var, eps)")
    agrees(
        z,
        mean + np.sqrt(np.exp(log_vars)) * eps,
        "z",
        mistakes={
            "log_var is used as the standard deviation: sigma = exp(log_var / 2)": lambda: mean + log_vars * eps,
            "the variance is used as the standard deviation: sigma = exp(log_var / 2)": lambda: (
                mean + np.exp(log_vars) * eps
            ),
            "sigma = exp(2 log_var); it is exp(log_var / 2)": lambda: mean + np.exp(2 * log_vars) * eps,
            "noise is drawn inside the function, or not used": lambda: mean,
        },
        rtol=1e-9,
        oracle="mean + sqrt(exp(log_var)) * eps",
    )


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


def wrong_log_weights(case: ae.Case, terms: ae.Terms) -> Mistakes:
    """Log weights that known mistakes give."""
    latent, D = case.eps.shape[-1], case.x.shape[-1]
    log_p, prior, log_q = (values(t) for t in (terms.log_likelihood, terms.log_prior, terms.log_q))
    half = 0.5 * latent * np.log(2 * np.pi)
    return {
        "log(2 pi) is missing in log p(z)": lambda: log_p + prior + half - log_q,
        "log(2 pi) is missing in log q(z | x)": lambda: log_p + prior - log_q - half,
        "the sign of log q(z | x) is wrong": lambda: log_p + prior + log_q,
        "log p(z) is missing": lambda: log_p - log_q,
        "log q(z | x) is missing": lambda: log_p + prior,
        "log p(x | z) is averaged over pixels; it is a sum": lambda: log_p / D + prior - log_q,
        "the sign is wrong: these are -log w": lambda: -(log_p + prior - log_q),
    }


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
    model = Model(
        encoder=[(np.eye(2), np.zeros(2))],
        mean=(np.zeros((1, 2)), np.zeros(1)),
        log_var=(np.zeros((1, 2)), np.zeros(1)),
        decoder=[(np.zeros((2, 1)), np.full(2, logit))],
    )
    case = ae.cast(ae.Case(model, np.full((1, 2), pixel), np.array([[0.5]])), np.float32 if single else np.float64)
    log_w = submission.vae.log_weights(*case.arguments)
    expected = 2 * (pixel * logit - max(logit, 0.0))  # here q is the prior, and log(1 + e^-60) is nothing
    if np.shape(log_w) == (1,) and not np.isfinite(log_w).all():
        raise Refuted(f"log_weights is {log_w[0]} at logits {logit}", mistake=SATURATED)
    log_w = array(log_w, (1,), "log_weights(x, model, eps)")
    tolerance = 1e-4 if single else 1e-9
    if abs(log_w[0] - expected) > tolerance * max(1, abs(expected)):
        raise Refuted(f"log_weights is {log_w[0]:.8g} at logits {logit}, expected {expected:.8g}", mistake=CUT_OFF)


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
