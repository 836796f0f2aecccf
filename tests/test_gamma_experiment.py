"""The experiment of 2.2.18 and 2.2.19: both descents on 1000 draws, against the maximum likelihood estimate."""

from __future__ import annotations

import numpy as np
import pytest

from grading.experiments import gamma_descent, gamma_descent_plots
from grading.submission import Submission
from grading.verdict.claims import array, claim
from grading.verdict.exhibits import Exhibits


def race_of(submission: Submission, profile: str, seed: int) -> gamma_descent.Race:
    """Both paths, positive and of the right length."""
    descent = gamma_descent.descent_of(submission)

    def checked(method: str, x: np.ndarray, settings: gamma_descent.Profile) -> np.ndarray:
        path = array(descent(method, x, settings), (settings.n_epochs + 1, 2), f"the path of {method}")
        claim((path > 0).all(), f"alpha and beta must stay positive; the smallest is {path.min():.6g}")
        return path

    return gamma_descent.run(checked, gamma_descent.PROFILES[profile], seed)


@pytest.mark.question("2.2.18")
def test_natural_gradient_reaches_the_estimate(
    submission: Submission, seed: int, profile: str, tolerance: float, exhibits: Exhibits
) -> None:
    """After 150 epochs of step 0.1, natural gradient descent is at the maximum likelihood estimate; gradient descent
    is on its way."""
    race = race_of(submission, profile, seed)
    figure = gamma_descent_plots.surface(race, gamma_descent.largest_excess(race, profile, tolerance))
    exhibits.plot(figure, "Both descents", gamma_descent_plots.describe(race))
    found, limits = race.statistics(), gamma_descent.limits()
    for statistic, value in found.items():
        exhibits.fact(statistic, value)
    for method in gamma_descent.METHODS:
        epochs = race.epochs(method)
        exhibits.fact(f"epochs to {gamma_descent.NEAR} nats, {method}", "not reached" if epochs is None else epochs)
    distance = np.exp(found["log_natural_distance"])
    furthest = max(np.exp(limits[profile, "log_natural_distance"].times(tolerance).high), gamma_descent.CLOSE)
    claim(
        distance <= furthest,
        f"natural gradient descent ends {distance:.3g} standard errors from the maximum likelihood estimate "
        f"{race.likelihood.optimum.tolist()}; correct runs end within {furthest:.3g}",
    )
    excess, start = race.excess("gradient_descent")[-1], race.excess("gradient_descent")[0]
    most = np.exp(limits[profile, "log_gradient_excess"].times(tolerance).high)
    claim(
        excess <= most,
        f"gradient descent ends {excess:.3g} nats above the least loss, from {start:.3g} at the start; correct runs "
        f"come within {most:.3g}",
    )
