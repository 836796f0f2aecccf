"""3.1.20: the Gumbel-Softmax relaxation, against its definition at the same noise.

With noise g, y satisfies log y_i - log y_j = ((log π_i + g_i) - (log π_j + g_j)) / τ and Σ y = 1: that is all of it.
Its argmax is the Gumbel-max draw, exactly Categorical(π) at every temperature; its density follows from that of the
noise by integrating out the one direction that the softmax loses.  Jang, Gu, Poole 2017; Maddison, Mnih, Teh 2017.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax
from scipy.stats import gumbel_r

from grading.montecarlo import check_categorical, rng_for
from grading.submission import Submission
from grading.verdict.claims import Refuted, array, claim
from tests.recognition import Mistakes, agrees
from tests.strategies import log_uniform, seeds

Array = np.ndarray
Q = pytest.mark.question("3.1.20")


def temperatures(low: float, high: float) -> st.SearchStrategy[float]:
    """Those that single precision holds, so that `torch.tensor(temperature)` is as right as the number."""
    return log_uniform(low, high).map(lambda value: float(np.float32(value)))


TEMPERATURES = temperatures(1e-3, 1e3)
CATEGORIES = st.sampled_from([1, 2, 3, 10, 100, 1000])
EPSILON_HACK = "a small number is added to the probabilities before the logarithm; log 0 = -inf is right here"


def noise(seed: int, K: int, n: int = 4) -> tuple[Array, Array]:
    """Probabilities away from uniform, and Gumbel noise."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(K, 0.7) + 0.1) * (1 - 1e-6) + 1e-6 / K, rng.gumbel(size=(n, K))


def draw(submission: Submission, probs: Array, gumbel: Array, temperature: float) -> Array:
    """The submission's rows, with their shape checked."""
    return array(submission.gumbel_softmax.sample(probs, gumbel, temperature), gumbel.shape, "sample")


@Q
@given(seed=seeds(), K=CATEGORIES, temperature=TEMPERATURES)
def test_rows_lie_on_the_simplex(submission: Submission, seed: int, K: int, temperature: float) -> None:
    """Every row has K entries that are not negative and sum to one.

    Rung: pathwise, row by row.
    """
    y = draw(submission, *noise(seed, K), temperature)
    claim((y >= 0).all(), "sample has negative entries: rows are probabilities")
    mistake = "the softmax runs over draws instead of categories" if np.allclose(y.sum(0), 1) else ""
    claim(np.allclose(y.sum(1), 1, atol=1e-9), f"rows sum to {y.sum(1)[:4]}, not to 1", mistake=mistake)


@Q
@given(seed=seeds(), K=CATEGORIES, temperature=TEMPERATURES)
def test_log_ratios(submission: Submission, seed: int, K: int, temperature: float) -> None:
    """The sample is the softmax of (log probs + gumbel) / temperature.

    Rung: pathwise, at the same noise.
    """
    probs, gumbel = noise(seed, K)
    y = draw(submission, probs, gumbel, temperature)
    logits = np.log(probs) + gumbel
    expected = np.exp(logits / temperature - logsumexp(logits / temperature, axis=1, keepdims=True))
    mistakes: Mistakes = {
        "the probabilities are used where their logarithm belongs": lambda: softmax((probs + gumbel) / temperature, 1),
        "the temperature multiplies; it divides": lambda: softmax(logits * temperature, 1),
        "only the noise is divided by the temperature": lambda: softmax(np.log(probs) + gumbel / temperature, 1),
        "only log probs is divided by the temperature": lambda: softmax(np.log(probs) / temperature + gumbel, 1),
        "the noise is subtracted; it is added": lambda: softmax((np.log(probs) - gumbel) / temperature, 1),
        "the noise is not used": lambda: np.tile(softmax(np.log(probs) / temperature), (len(gumbel), 1)),
        "the sample is made exactly one-hot: it is no relaxation": lambda: np.eye(K)[logits.argmax(1)],
        "the temperature is ignored": lambda: softmax(logits, 1),
        "the temperature divides the softmax; it belongs inside": lambda: softmax(logits, 1) / temperature,
        "this is the logarithm of the sample": lambda: (
            logits / temperature - logsumexp(logits / temperature, axis=1, keepdims=True)
        ),
        "all draws have the noise of the first": lambda: softmax(
            (np.log(probs) + 0 * gumbel + gumbel[:1]) / temperature, 1
        ),
    }
    atol = 1e-12 + 1e-13 / temperature
    agrees(y, expected, "sample", mistakes=mistakes, atol=atol, oracle="softmax((log probs + gumbel) / temperature)")


@Q
@given(seed=seeds(), K=CATEGORIES, temperature=TEMPERATURES)
def test_argmax_is_the_gumbel_max_draw(submission: Submission, seed: int, K: int, temperature: float) -> None:
    """The largest entry is that of log probs + gumbel, at every temperature (ties within rounding aside).

    Rung: pathwise, at the same noise.
    """
    probs, gumbel = noise(seed, K)
    y = draw(submission, probs, gumbel, temperature)
    logits = np.log(probs) + gumbel
    shortfall = logits.max(1) - np.take_along_axis(logits, y.argmax(1)[:, None], 1)[:, 0]
    claim((shortfall <= 1e-12 * max(1.0, temperature)).all(), "the argmax of a row is not that of log probs + gumbel")


@Q
def test_argmax_is_categorical(submission: Submission, seed: int) -> None:
    """argmax y has exactly the probabilities π, here at temperatures 0.1, 1 and 10.

    Rung: Monte Carlo, because the claim is about the law of the argmax, over noise in as many dimensions as there are
    categories and with a jump where two of them tie. Three assertions: correct work fails with probability at most
    3e-11; a category whose probability is off by 0.02 is found with probability 1 - 1e-06.
    """
    probs = np.array([0.1, 0.2, 0.3, 0.4])
    for temperature in (0.1, 1.0, 10.0):

        def categories(n: int, rng: np.random.Generator, temperature: float = temperature) -> Array:
            return draw(submission, probs, rng.gumbel(size=(n, 4)), temperature).argmax(1)

        rng = rng_for(seed, "3.1.20", "argmax", temperature)
        check_categorical(categories, probs=probs, rng=rng).require(f"At temperature {temperature} argmax is off.")


@Q
@given(seed=seeds(), K=st.sampled_from([2, 3, 10]))
def test_limits_in_temperature(submission: Submission, seed: int, K: int) -> None:
    """One-hot as the temperature falls, uniform as it rises, as fast as the gaps between the logits say.

    Rung: pathwise, row by row: the limits are reached for every noise.
    """
    probs, gumbel = noise(seed, K)
    ordered = np.sort(np.log(probs) + gumbel, axis=1)
    gap, spread = ordered[:, -1] - ordered[:, -2], ordered[:, -1] - ordered[:, 0]
    for temperature in (1e-3, 1e-2, 1e-1):
        short = 1 - draw(submission, probs, gumbel, temperature).max(1)
        near = short <= (K - 1) * np.exp(-gap / temperature) + 1e-12
        claim(near.all(), f"at temperature {temperature} rows are not near one-hot: 1 - max is {short.max():.3g}")
    for temperature in (1e1, 1e2, 1e3):
        off = np.abs(np.log(np.maximum(K * draw(submission, probs, gumbel, temperature), 1e-300))).max(1)
        far = off <= spread / temperature + 1e-9
        claim(far.all(), f"at temperature {temperature} rows are not near uniform: |log K y| is {off.max():.3g}")


@Q
@given(seed=seeds(), K=st.sampled_from([2, 3, 10, 100]), temperature=temperatures(1e-2, 1e2))
def test_gradient_is_that_of_the_relaxed_objective(
    submission: Submission, seed: int, K: int, temperature: float
) -> None:
    """The gradient of Σ c · y in the probabilities exists and is the relaxed objective's, by autodiff.

    Rung: pathwise, at the same noise.
    """
    probs, gumbel = noise(seed, K)
    c = np.random.default_rng(seed + 1).normal(size=gumbel.shape)
    value, found = submission.gumbel_softmax.sample.gradient(probs, gumbel, temperature, wrt="probs", cotangent=c)
    array(value, gumbel.shape, "sample")
    if found["probs"] is None:
        raise Refuted("sample has no gradient in the probabilities", mistake=CUT)
    gradient = array(found["probs"], (K,), "gradient of sample in probs")
    leaf = torch.from_numpy(probs).requires_grad_()
    logits = (leaf.log() + torch.from_numpy(gumbel)) / temperature
    relaxed = torch.exp(logits - torch.logsumexp(logits, 1, keepdim=True))
    (expected,) = torch.autograd.grad((relaxed * torch.from_numpy(c)).sum(), leaf)
    scale = 1 / (temperature * probs)
    agrees(
        gradient / scale,
        expected.numpy() / scale,
        "gradient in probs, times temperature and probs",
        mistakes={"the gradient is zero everywhere: argmax or rounding cuts it": lambda: 0 * gradient},
        atol=1e-8,
        oracle="autodiff of exp(logits - logsumexp(logits))",
    )


CUT = "the graph is cut: argmax, .detach(), .data, numpy or torch.tensor(probs) inside sample"


@Q
@given(seed=seeds(), temperature=st.sampled_from([1.0, 0.5, 5.0, 2**-4, 2**-10]), single=st.booleans())
def test_extreme_probabilities(submission: Submission, seed: int, temperature: float, single: bool) -> None:
    """Probability 0 is never drawn, 1e-30 is what it is, and the gradients of the others are finite.

    At the temperatures of 3.1.20, where a zero that is held at the smallest normal number is zero after the softmax.

    Rung: pathwise, at the same noise.
    """
    dtype = np.float32 if single else np.float64
    probs = np.array([0.0, 1e-30, 0.3, 0.7], dtype)
    gumbel = np.random.default_rng(seed).gumbel(size=(3, 4)).astype(dtype)
    c = np.ones((3, 4), dtype) * np.array([1, 2, 3, 4], dtype)
    value, found = submission.gumbel_softmax.sample.gradient(probs, gumbel, temperature, wrt="probs", cotangent=c)
    y = array(value, (3, 4), "sample")
    with np.errstate(divide="ignore"):
        logits = (np.log(probs.astype(float)) + gumbel) / temperature
    expected = softmax(logits, axis=1)
    agrees(
        y,
        expected,
        "sample for probs [0, 1e-30, 0.3, 0.7]",
        mistakes=epsilon_hacks(probs.astype(float), gumbel, temperature),
        rtol=1e-9 if not single else 1e-3,
        atol=1e-9 if not single else 1e-4,
        oracle="softmax((log probs + gumbel) / temperature), with log 0 = -inf",
    )
    reaches = found["probs"]
    if reaches is not None:
        claim(
            np.isfinite(reaches[1:]).all(),
            f"the gradient in probs is {reaches} where one probability is 0",
            mistake="log 0 has an infinite derivative, and 0 times infinity is NaN: mask zeros before the log",
        )


def epsilon_hacks(probs: Array, gumbel: Array, temperature: float) -> Mistakes:
    """What a small number under the logarithm leads to."""

    def hacked(epsilon: float) -> Callable[[], Array]:
        return lambda: softmax((np.log(probs + epsilon) + gumbel) / temperature, axis=1)

    return {f"{EPSILON_HACK} ({e:g} was added)": hacked(e) for e in (1e-20, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)}


@Q
@given(seed=seeds(), K=st.sampled_from([1, 2, 3, 5]), temperature=temperatures(0.1, 10.0))
def test_log_density(submission: Submission, seed: int, K: int, temperature: float) -> None:
    """log p(y) is that of the noise, transformed, with the direction that the softmax loses integrated out.

    Rung: exact expectation, by quadrature over the direction that is lost: a density is no function of the noise.
    """
    probs, _ = noise(seed, K)
    y = np.random.default_rng(seed + 2).dirichlet(np.full(K, 2.0), size=4) * 0.98 + 0.02 / K
    y /= y.sum(1, keepdims=True)
    found = array(
        submission.gumbel_softmax.log_density(y, probs, temperature), (4,), "log_density(y, probs, temperature)"
    )
    expected = integrated_log_density(y, probs, temperature)
    ratio = np.log(probs) - temperature * np.log(y)
    constant = float(np.log(np.arange(1, K)).sum())
    mistakes: Mistakes = {
        "the constant log (K-1)! is missing": lambda: expected - constant,
        "the constant is log K!; it is log (K-1)!": lambda: expected + np.log(K),
        "the power of the temperature is K; it is K - 1": lambda: expected + np.log(temperature),
        "probs is missing in the product": lambda: expected - np.log(probs).sum(),
        "(K-1) log temperature is missing": lambda: expected - (K - 1) * np.log(temperature),
        "the exponent of y is -temperature; it is -temperature - 1": lambda: expected + np.log(y).sum(1),
        "the denominator is not raised to the power K": lambda: expected + (K - 1) * logsumexp(ratio, axis=1),
        "this is the density, not its logarithm": lambda: np.exp(expected),
        "the sign of (K-1) log temperature is wrong": lambda: expected - 2 * (K - 1) * np.log(temperature),
        "the sign of log (K-1)! is wrong": lambda: expected - 2 * constant,
        "the constant is log (K-1); it is log (K-1)!": lambda: expected - constant + np.log(max(K - 1, 1)),
        "the sign is wrong: this is minus the log density": lambda: -expected,
    }
    # torch's distributions take the temperature as a tensor, by default of single precision: (K-1) log temperature and
    # log (K-1)! then come out to 2e-6.
    agrees(
        found, expected, "log_density", mistakes=mistakes, rtol=1e-7, atol=4e-6, oracle="quadrature over the lost shift"
    )


def integrated_log_density(y: Array, probs: Array, temperature: float) -> Array:
    """log of τ^{K-1} Π y_i^{-1} ∫ Π_i Gumbel(τ log y_i + s - log π_i) ds, by the trapezoidal rule on an analytic peak.

    (y_1, ..., y_{K-1}, s) determine the noise g_i = τ log y_i + s - log π_i; the factor in front is the Jacobian.
    """
    K = len(probs)
    centre = logsumexp(np.log(probs) - temperature * np.log(y), axis=1)[:, None, None]
    shift = np.linspace(-60.0, 60.0, 12001)[None, :, None]
    g = temperature * np.log(y)[:, None, :] + centre + shift - np.log(probs)
    log_integral = logsumexp(gumbel_r.logpdf(g).sum(2), axis=1) + np.log(0.01)
    return (K - 1) * np.log(temperature) - np.log(y).sum(1) + log_integral
