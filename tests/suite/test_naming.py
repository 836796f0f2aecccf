"""A failed check names a mistake only where it can tell it from others: a wrong name is worse than none.

Each case is a mistake that was once given the name of another.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from grading.submission import InProcess, Submission
from grading.verdict.claims import Refuted
from grading.verdict.recognition import explanations
from implementations.diffusion import forward_posterior
from tests.recognition import FIRST_DIGITS, agrees
from tests.suite import mutants  # noqa: F401  (fill the corpus)
from tests.suite.corpus import MUTANTS, ROOT, Function, Mutant, submission_of
from tests.suite.killing import checks_of
from tests.test_vae import CUT_OFF

RIGHT = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("actual", "guess", "name"),
    [
        ([1.0, 3.0], [1.0, 3.0], "guess"),
        ([1.0, 3.0], [2.0, 3.0], ""),
        ([1.0, 2.00001], RIGHT, FIRST_DIGITS),
        ([np.nan, 2.0], [np.nan, 2.0], ""),
    ],
)
def test_a_name_is_of_a_value_that_is_wrong_here(actual: list[float], guess: list[float], name: str) -> None:
    """A mistake that gives the right value at this point does not explain a wrong one."""
    with pytest.raises(Refuted) as refuted:
        agrees(np.array(actual), RIGHT, "it", oracle="by hand", mistakes={"guess": lambda: guess})
    assert refuted.value.mistake == name


def refused(question: str, check: str, function: str, replacement: Function) -> Refuted:
    """What a check holds against a wrong function."""
    mutant = Mutant(question, function, "wrong", "It is wrong.", replacement)
    (chosen,) = [each for each in checks_of(question) if each.name == check]
    objection = chosen.verdict(submission_of(mutant))
    assert isinstance(objection, Refuted)
    return objection


def known(question: str, name: str) -> Function:
    """The wrong function of the corpus with this name."""
    return next(each.replacement for each in MUTANTS if (each.question, each.name) == (question, name))


def test_a_cut_off_is_one_that_spares_the_middle() -> None:
    """Other mistakes in log w are off at saturated pixels as well."""
    for name, cut in (("logits are clamped", True), ("averaged over pixels", False), ("squared error", False)):
        said = refused("3.1.25", "saturated_pixels", "vae.log_weights", known("3.1.25", name))
        assert (said.mistake == CUT_OFF) == cut, name


def test_a_floor_at_the_first_step_is_not_the_last_step_s_variance() -> None:
    """Three ways to a positive variance at t = 1."""

    def floored(*arguments: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, variance = forward_posterior(*arguments)
        return mean, variance.clamp(min=1e-5)

    check, function = "forward_posterior_at_the_first_step", "diffusion.forward_posterior"
    assert refused("4.1.26", check, function, floored).mistake == ""
    assert "beta_1" in refused("4.1.26", check, function, known("4.1.26", "the variance β_t")).mistake


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("the path derivative", "sticking the landing"),
        ("the doubly reparameterized gradient", "doubly reparameterized gradient: unbiased"),
        ("doubly reparameterized in the decoder too", "squared in the decoder"),
    ],
)
def test_estimators_that_agree_for_one_draw_are_told_apart(name: str, words: str) -> None:
    """Path derivative and doubly reparameterized gradient differ for K > 1 only."""
    assert words in refused("4.2.27", "gradient_weighs_each_draw", "iwae.loss", known("4.2.27", name)).mistake


def test_zeros_and_ones_identify_nothing() -> None:
    """At a low temperature many a mistake gives the same one-hot rows."""
    corpus = [each for each in MUTANTS if each.function == "gumbel_softmax.sample"]
    wrong = Mutant("3.1.20", "gumbel_softmax.sample", "logits", "m", known("3.1.20", "the noise is not used"))
    submission = submission_of(wrong)
    probs, gumbel = np.array([0.3, 0.7]), np.array([[3.0, 0.0]])
    for temperature, seen in ((1e-3, False), (0.7, True)):
        submission.calls.clear()
        submission.gumbel_softmax.sample(probs, gumbel, temperature)
        assert bool(explanations(submission, list(submission.calls), corpus, Submission(InProcess(ROOT)))) == seen
