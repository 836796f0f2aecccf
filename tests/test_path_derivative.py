"""3.1.21-3.1.24: the gradient of the VAE's loss with and without the score term.

Both losses are compared at the same noise with autodiff of the densities, part by part: no statistics.
Roeder, Wu, Duvenaud 2017.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.experiments import score_term
from grading.submission import Model, Submission
from grading.verdict.claims import array, claim, number
from grading.verdict.exhibits import Exhibits
from tests import autoencoders as ae
from tests.gradient_parts import ATOL, DETACHED, RTOL, Parts, define, values, wrong_losses
from tests.recognition import agrees
from tests.strategies import seeds

Array = np.ndarray
Q21, Q22 = pytest.mark.question("3.1.21"), pytest.mark.question("3.1.22")
Q23, Q24 = pytest.mark.question("3.1.23"), pytest.mark.question("3.1.24")


@Q21
@given(seed=seeds())
def test_total_is_path_plus_score(submission: Submission, seed: int) -> None:
    """Your two losses differ, in the encoder's gradient, by the score term and nothing else.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed)
    parts = Parts(case)
    _, total = submission.vae.loss.gradient(*case.arguments, wrt="model")
    _, path = submission.vae.path_derivative_loss.gradient(*case.arguments, wrt="model")
    difference = parts.take(total, "encoder.") - parts.take(path, "encoder.")
    agrees(
        difference,
        parts.take(parts.score, "encoder."),
        "gradient(loss) - gradient(path_derivative_loss) in the encoder",
        mistakes={
            "the two losses have the same gradient; loss has the score term, path_derivative_loss has not": lambda: (
                0 * difference
            ),
            "the score has the wrong sign": lambda: -parts.take(parts.score, "encoder."),
        },
        rtol=RTOL,
        atol=ATOL,
        oracle="+ gradient of log q(z | x) at fixed z, averaged over the batch",
    )


@Q22
@given(seed=seeds(), latent=st.integers(1, 4))
def test_score_has_mean_zero(submission: Submission, seed: int, latent: int) -> None:
    """The part that your path derivative leaves out has expectation zero.

    Rung: exact expectation, by cubature: only the mean of the score is zero, no draw of it is. The score is quadratic
    in the noise, so the 2 d equally weighted points ±√d e_i give its mean exactly.
    """
    case = cubature(seed, latent)
    _, total = submission.vae.loss.gradient(*case.arguments, wrt="model")
    _, path = submission.vae.path_derivative_loss.gradient(*case.arguments, wrt="model")
    parts = Parts(case)
    left_out = parts.take(total, "encoder.") - parts.take(path, "encoder.")
    size = np.abs(parts.take(parts.total, "encoder.")).max() + 1
    agrees(left_out / size, 0 * left_out, "expected difference of the two gradients", atol=1e-7, oracle="E[score] = 0")


def cubature(seed: int, latent: int) -> ae.Case:
    """One image, repeated with noise whose equally weighted moments are those of N(0, I) up to the third."""
    case = ae.random_case(seed, B=1, latent=latent)
    points = np.sqrt(latent) * np.concatenate([np.eye(latent), -np.eye(latent)])
    return ae.Case(case.model, np.repeat(case.x, len(points), axis=0), points)


@Q23
@given(seed=seeds())
def test_stop_gradient_leaves_the_path_derivative(submission: Submission, seed: int) -> None:
    """The encoder's gradient of path_derivative_loss is the path derivative.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed)
    parts = Parts(case)
    _, found = submission.vae.path_derivative_loss.gradient(*case.arguments, wrt="model")
    agrees(
        parts.take(found, "encoder."),
        parts.take(parts.path, "encoder."),
        "gradient of path_derivative_loss in the encoder",
        mistakes=parts.wrong("encoder."),
        rtol=RTOL,
        atol=ATOL,
        oracle="autodiff of log w with the parameters of q held fixed inside log q",
    )


@Q23
@given(seed=seeds())
def test_stop_gradient_keeps_value_and_decoder(submission: Submission, seed: int) -> None:
    """Stopping a gradient changes neither the value of the loss nor the decoder's gradient.

    Rung: pathwise, at the same noise.
    """
    case = ae.random_case(seed)
    parts = Parts(case)
    value, found = submission.vae.path_derivative_loss.gradient(*case.arguments, wrt="model")
    expected = -values(define(case).log_w).mean()
    agrees(
        number(value, "path_derivative_loss"),
        expected,
        "path_derivative_loss",
        mistakes=wrong_losses(case),
        oracle="torch.distributions",
    )
    agrees(
        parts.take(found, "decoder."),
        parts.take(parts.total, "decoder."),
        "gradient of path_derivative_loss in the decoder",
        mistakes=parts.wrong("decoder."),
        rtol=RTOL,
        atol=ATOL,
        oracle="autodiff of the densities",
    )


@Q23
@given(seed=seeds(), size=st.sampled_from([1, 3, 6]))
def test_zero_for_every_draw_at_the_posterior(submission: Submission, seed: int, size: int) -> None:
    """Where q is the exact posterior the encoder's gradient is zero for every draw, not on average only.

    Rung: pathwise: it holds for every draw.
    """
    rng = np.random.default_rng(seed)
    case = ae.Case(ae.affine_model(rng), rng.random((size, 4)), rng.normal(size=(size, 2)))
    parts = Parts(case)
    _, found = submission.vae.path_derivative_loss.gradient(*case.arguments, wrt="model")
    scale = np.abs(parts.take(parts.total, "encoder.")).max()
    agrees(
        parts.take(found, "encoder.") / scale,
        0 * parts.take(found, "encoder."),
        "gradient of path_derivative_loss in the encoder, relative to the total derivative",
        mistakes={SCORE_IS_LEFT: lambda: parts.take(parts.total, "encoder.") / scale},
        atol=1e-5,
        oracle="q(z | x) = p(z | x), so log w does not depend on z",
    )


SCORE_IS_LEFT = "the score term is left: hold the parameters of q, and nothing else, fixed inside log q"


@Q24
def test_score_as_a_control_variate(submission: Submission, seed: int, exhibits: Exhibits) -> None:
    """Where q is far too narrow the score lowers the variance; close to the posterior it raises it.

    For a posterior N(a, 1) and q = N(m, s²), the gradients in m are a - m + (1/s - s) ε (path) and a - m - s ε (total):
    the score term -ε/s helps where s² < 1/2.  Both are linear in ε, so three draws give the variances exactly.

    Rung: exact expectation, by quadrature: a variance is no property of a draw.
    """
    measured = {s: moments(submission, seed, s) for s in score_term.WIDTHS}
    show(measured, exhibits)
    for s, found in measured.items():
        for name, gradient in (("total", "loss"), ("path", "path_derivative_loss")):
            agrees(
                np.sqrt(getattr(found, name)),
                np.sqrt(getattr(score_term.exact(s), name)),
                f"standard deviation of the gradient of {gradient} in the mean, at s = {s}",
                rtol=1e-4,
                atol=1e-4,
                oracle="exact",
            )


def moments(submission: Submission, seed: int, s: float) -> score_term.Moments:
    """What both losses give for a model whose posterior has standard deviation 1 and a q of standard deviation s."""
    rng = np.random.default_rng([seed, 3, 1, 24])
    model, x = ae.affine_model(rng, latent=1, log_var=2 * np.log(s), shift=0.3), rng.random((1, 4))
    total, path = (draws(submission, name, model, x) for name in ("loss", "path_derivative_loss"))
    return score_term.Moments.of(total, path)


def draws(submission: Submission, name: str, model: Model, x: Array) -> Array:
    """The bound's gradient in the mean's bias, for each noise that the moments need."""
    found = []
    for eps in score_term.NODES:
        _, gradient = getattr(submission.vae, name).gradient(x, model, np.array([[eps]]), wrt="model")
        bias = gradient.get("encoder.mean.bias")
        claim(bias is not None, f"{name} has no gradient in the encoder", mistake=DETACHED)
        found.append(-array(bias, (1,), f"gradient of {name} in the mean")[0])
    return np.array(found)


def show(measured: dict[float, score_term.Moments], exhibits: Exhibits) -> None:
    """Both variances and the covariance, far from the posterior and near to it, and the plot."""
    for s, where in ((score_term.FAR, "far too narrow"), (score_term.NEAR, "near to the posterior")):
        at = f"s = {s:g}, {where}"
        exhibits.fact(f"{at}: variance without the score term", measured[s].path)
        exhibits.fact(f"{at}: variance with the score term", measured[s].total)
        exhibits.fact(f"{at}: covariance of score and path terms", measured[s].covariance)
    title = "The score term as a control variate, from your two losses"
    exhibits.plot(score_term.figure(measured), title, score_term.describe(measured))
