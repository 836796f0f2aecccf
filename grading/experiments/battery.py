"""Does a submission compute what the reference computes?  The same random inputs to both, and their values compared.

Training a loss that agrees with the reference's on all of them gives what training the reference's gave, up to the
rounding that training amplifies.  So where an instructor wants it (`--experiments different`), the reference's result
is taken over.  Agreement cannot show how a function behaves that tells a training from a comparison, for instance by
counting its calls; therefore a random sample is trained all the same.

A battery is declared with the test of its experiment, `@pytest.mark.experiment(battery=losses(VAE, PATH))`.  An
experiment without one takes no longer than a comparison would, and is always run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float

from grading.experiments import bbvi
from grading.experiments.conjugate import Quadruple
from grading.experiments.mnist import PIXELS
from grading.experiments.training import LATENT, Run, course_model
from grading.submission import Model, Problem, Rng, Submission

Array = np.ndarray
ROUNDING = {"float64": 1e-9, "float32": 1e-3}
"""Largest difference, relative to the largest entry of the array, that counts as rounding.  Other algebra for the same
function differs by about 1e-13 and 1e-5; where cancellation takes digits away, by more."""
SMALL = 150
"""Inputs of small random sizes for each loss."""


@dataclass(frozen=True)
class Probe:
    """One input to one function of the contract: compared are its value and, where `wrt` names one, its gradient."""

    function: str
    args: tuple[Any, ...]
    wrt: str = ""
    precision: str = "float64"


Battery = Callable[[int], Iterator[Probe]]
"""The probes that a seed draws."""
Answer = dict[str, Float[Array, " n"]]
"""A probe's numbers by name: its value, and each gradient."""


@dataclass
class Comparison:
    """What a battery found; `difference` says where it ended, and is empty where both sides agree throughout."""

    inputs: int = 0
    numbers: int = 0
    largest: dict[str, float] = field(default_factory=dict)
    """The largest relative difference, by precision."""
    difference: str = ""

    @property
    def agrees(self) -> bool:
        """Nothing but rounding was found."""
        return not self.difference

    def __str__(self) -> str:
        if self.difference:
            return f"{self.difference} (input {self.inputs})"
        found = ", ".join(f"{value:.1e} in {name}" for name, value in self.largest.items())
        return f"{self.inputs} random inputs, {self.numbers:,} numbers, largest relative difference {found}"


def compare(probes: Iterator[Probe], submission: Submission, expected: Callable[[int, Probe], Answer]) -> Comparison:
    """Ask the submission every probe until one is answered differently; each has the time limit of a single call."""
    found = Comparison()
    for place, probe in enumerate(probes):
        submission.spent = 0.0
        found.inputs += 1
        try:
            distances = apart(answer(submission, probe), expected(place, probe))
        except (Problem, TypeError, ValueError) as problem:
            found.difference = f"{probe.function} does not answer as the reference does: {problem}"[:300]
            return found
        found.numbers += sum(size for _, size in distances.values())
        for name, (distance, _) in distances.items():
            if not distance <= ROUNDING[probe.precision]:
                found.difference = (
                    f"{name} of {probe.function} differs from the reference's by {distance:.2g}, relative"
                )
                return found
            found.largest[probe.precision] = max(distance, found.largest.get(probe.precision, 0.0))
    return found


def answer(submission: Submission, probe: Probe) -> Answer:
    """The numbers of one probe.  Raises Problem, or TypeError and ValueError where they are no numbers."""
    module, _, name = probe.function.partition(".")
    function = getattr(getattr(submission, module), name)
    if not probe.wrt:
        return {"the value": np.ravel(np.asarray(function(*probe.args), dtype=float))}
    value, gradients = function.gradient(*probe.args, wrt=probe.wrt)
    named = {f"the gradient in {key}": each for key, each in gradients.items() if each is not None}
    return {key: np.ravel(np.asarray(each, dtype=float)) for key, each in {"the value": value, **named}.items()}


def apart(found: Answer, expected: Answer) -> dict[str, tuple[float, int]]:
    """How far each array is from the reference's, relative to the largest entry of that, and how many numbers it has.

    Raises:
        ValueError: there are other arrays, or arrays of another size.
    """
    if {name: len(each) for name, each in found.items()} != {name: len(each) for name, each in expected.items()}:
        raise ValueError("other gradients, or arrays of another size")
    return {name: (distance(each, expected[name]), len(each)) for name, each in found.items()}


def distance(found: Float[Array, " n"], expected: Float[Array, " n"]) -> float:
    """max |found - expected| / max |expected|; zero for equal arrays, NaN or infinite where an entry is."""
    if np.array_equal(found, expected):
        return 0.0
    with np.errstate(all="ignore"):
        return float(np.abs(found - expected).max() / np.abs(expected).max())


# -- losses of autoencoders -------------------------------------------------------------------------------------------


def losses(*runs: Run) -> Battery:
    """Value and gradient of the loss of each run: on small random networks of many sizes, and on the course's networks
    with a training's own batch, in both precisions."""

    def probes(seed: int) -> Iterator[Probe]:
        """The probes of this seed."""
        for place, run in enumerate(runs):
            rng = np.random.default_rng([seed, place, 25])
            for _ in range(SMALL):
                yield small(rng, run)
        for run, precision in product(runs, ROUNDING):
            yield as_trained(np.random.default_rng([seed, run.draws or 0, 28]), run, precision)

    return probes


def small(rng: np.random.Generator, run: Run) -> Probe:
    """A network with up to 12 pixels, 6 hidden and 5 latent units.

    Of one in three the pixels are all but certain; there single precision is enough, for correct formulas such as
    torch's softplus are exact to e^-20 only.
    """
    B, D, H, L, K = (int(rng.integers(1, most + 1)) for most in (6, 12, 6, 5, 8))
    scale, certain = float(rng.uniform(0.3, 1.2)), bool(rng.random() < 1 / 3)

    def layer(inputs: int, outputs: int, times: float = 1.0) -> tuple[Array, Array]:
        """Random weights and biases."""
        return scale * times * rng.normal(size=(outputs, inputs)) / np.sqrt(inputs), times * rng.normal(size=outputs)

    log_var = layer(H, L)[0], rng.uniform(-5.0, 0.0, L)
    decoder = [layer(L, H), layer(H, H), layer(H, D, 30.0 if certain else 1.0)]
    model = Model([layer(D, H), layer(H, H)], layer(H, L), log_var, decoder)
    eps = rng.normal(size=(B, L) if run.draws is None else (B, K, L))
    return probe(run, rng.uniform(0.05, 0.95, (B, D)), model, eps, "float32" if certain else "float64")


def as_trained(rng: np.random.Generator, run: Run, precision: str) -> Probe:
    """The course's networks, a batch of 100 with black, grey and white pixels, and the run's own number of draws."""
    x = np.clip(rng.uniform(-0.5, 1.5, (100, PIXELS)), 0.0, 1.0)
    eps = rng.normal(size=(100, LATENT) if run.draws is None else (100, run.draws, LATENT))
    return probe(run, x, course_model(int(rng.integers(2**31))), eps, precision)


def probe(run: Run, x: Array, model: Model, eps: Array, precision: str) -> Probe:
    """The loss of this run and its gradient in the model, all in this precision."""

    def cast(*pairs: tuple[Array, Array]) -> list[tuple[Array, Array]]:
        """Weights and biases in the precision."""
        return [(weight.astype(precision), bias.astype(precision)) for weight, bias in pairs]

    model = Model(cast(*model.encoder), cast(model.mean)[0], cast(model.log_var)[0], cast(*model.decoder))
    return Probe(run.function, (x.astype(precision), model, eps.astype(precision)), "model", precision)


# -- black box variational inference ----------------------------------------------------------------------------------


def ascents(*control_variates: bool) -> Battery:
    """Single gradients, control variates, and short ascents from many places with the generator's own draws."""

    def probes(seed: int) -> Iterator[Probe]:
        """The probes of this seed."""
        rng = np.random.default_rng([seed, 2, 13])
        for _ in range(SMALL):
            x, prior, q = rng.normal(rng.normal(), 1.5, int(rng.integers(1, 60))), place(rng), place(rng)
            mu, tau = rng.normal(q[0], q[1] ** -0.5, 8), rng.gamma(q[2], 1 / q[3], 8)
            yield Probe("normal_gamma.score", (mu, tau, q))
            yield Probe("bbvi.gradient_draws", (x, prior, q, mu, tau))
            yield Probe("bbvi.control_variate", (rng.normal(size=(8, 2)), rng.normal(size=(8, 2))))
            for controlled in control_variates:
                steps, draws = (int(each) for each in rng.integers(1, 12, 2))
                rho = 10.0 ** rng.uniform(-5, -2) / np.arange(1, steps + 1)
                yield Probe("bbvi.fit", (x, prior, q, steps, draws, rho, Rng(int(rng.integers(2**31))), controlled))
        for size, controlled in product(bbvi.SIZES, control_variates):
            rho = bbvi.PROFILES["full"].step_size[:20]
            yield Probe("bbvi.fit", (bbvi.data(size, seed), bbvi.PRIOR, bbvi.START, 20, 50, rho, Rng(seed), controlled))

    return probes


def place(rng: np.random.Generator) -> Quadruple:
    """Parameters of a Normal–Gamma distribution, away from special values."""
    a, b, c = rng.uniform(0.3, 5.0, 3).tolist()
    return float(rng.normal()), a, b, c
