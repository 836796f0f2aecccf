"""Pictures of Gumbel-Softmax samples and of their gradient against the temperature.  Jang, Gu, Poole 2017, figure 1."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from grading.experiments.autoencoder_plots import numbered

SHOWN = (0.1, 0.5, 1.0, 5.0)


def histograms(samples: dict[float, Float[np.ndarray, "n K"]], category: int, probability: float) -> Figure:
    """One entry of the samples at four temperatures, and how often it is the largest."""
    figure = Figure(figsize=(9, 2.8), layout="constrained")
    for axes, T in zip(figure.subplots(1, len(SHOWN)), SHOWN, strict=True):
        entries, largest = samples[T][:, category], (samples[T].argmax(1) == category).mean()
        axes.hist(entries, bins=30, range=(0, 1))
        axes.set_title(f"temperature {T:g}\nlargest in {100 * largest:.0f} % of samples", fontsize=10)
        axes.set(
            xticks=[0, 0.5, 1], yticks=[], xlabel=f"$y_{category + 1}$, where $\\pi_{category + 1}$ = {probability:g}"
        )
    return figure


def bias_and_noise(bias: dict[float, float], noise: dict[float, float], n: int) -> Figure:
    """How far the mean of n relaxed gradients is from the discrete objective's, and the spread of one."""
    figure = Figure(figsize=(6.5, 4), layout="constrained")
    axes, temperatures = figure.add_subplot(), list(bias)
    axes.plot(temperatures, list(noise.values()), "o-", color="#b35806", label="standard deviation of one draw")
    axes.plot(
        temperatures, list(bias.values()), "o-", color="#2166ac", label=f"distance of the mean of {n} from the truth"
    )
    chance = [each / np.sqrt(n) for each in noise.values()]
    axes.plot(temperatures, chance, ":", color="#2166ac", label="of which chance explains about")
    axes.set(xscale="log", yscale="log", xlabel="temperature", ylabel="Euclidean norm, over the probabilities")
    numbered(axes, temperatures)
    axes.legend(frameon=False)
    return figure
