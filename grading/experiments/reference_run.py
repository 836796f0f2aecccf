"""Train the reference on MNIST as the assignment asks, and write the table and traces behind docs/experiments.

    python -m grading.experiments.reference_run --data FOLDER --out DIR [--epochs 20] [--seed 0]

Every epoch is checkpointed; the same command continues a run that was stopped.  `grading.experiments.reference_report`
turns the folder into the page.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from grading.experiments import epoch, evaluation
from grading.experiments import mnist as data
from grading.experiments.reference_epochs import next_epoch, trace_of, trained
from implementations import iwae, resampled_iwae, vae

RESAMPLED = 4


def resampled_loss(x: torch.Tensor, model: vae.Model, eps: torch.Tensor) -> torch.Tensor:
    """The IWAE's loss, weighing all draws in bfloat16 and back-propagating four of them."""
    u = torch.rand(len(x), generator=torch.Generator().manual_seed(int(eps.view(torch.int32)[0, 0, 0])))
    with torch.autocast("cpu", torch.bfloat16):
        return resampled_iwae.loss(x, model, eps, u, RESAMPLED)


def bfloat16_loss(x: torch.Tensor, model: vae.Model, eps: torch.Tensor) -> torch.Tensor:
    """The IWAE's loss, all draws back-propagated, with matrix products in bfloat16."""
    with torch.autocast("cpu", torch.bfloat16):
        return iwae.loss(x, model, eps)


RUNS = {
    "VAE": (vae.loss, None),
    "VAE, path derivative": (vae.path_derivative_loss, None),
    "IWAE, K = 1": (iwae.loss, 1),
    "IWAE, K = 5": (iwae.loss, 5),
    "IWAE, K = 50": (bfloat16_loss, 50),
    "IWAE, K = 50, four draws back-propagated": (resampled_loss, 50),
}


def train(name: str, digits: data.Digits, epochs: int, seed: int, out: Path) -> vae.VAE:
    """Train one run to its last epoch, from its checkpoint where there is one."""
    loss, draws = RUNS[name]
    plan, path = epoch.Plan(draws=draws, seed=seed), out / f"{stem(name, seed)}.npz"
    trace = trace_of(path)
    while len(trace) < epochs:
        trace = next_epoch(loss, plan, digits, path, lambda model: bounds(model, digits, draws or 1))
        print(f"{name}, epoch {len(trace)}/{epochs}: {trace[-1]}", flush=True)
    path.with_suffix(".json").write_text(json.dumps(trace, indent=1))
    return trained(path)


def stem(name: str, seed: int) -> str:
    """A run's file name."""
    return f"{''.join(c if c.isalnum() else '_' for c in name)}-{seed}"


def bounds(model: vae.VAE, digits: data.Digits, K: int) -> dict[str, float]:
    """Train and test bounds after an epoch, on 2,000 images each: the ELBO and the bound that is trained."""
    found = {}
    for which, images in (("train", digits.train), ("test", digits.test)):
        for draws in sorted({1, K}):
            found[f"{which}_L{draws}"] = evaluation.bound(model, images[:2000], draws).mean
    return found


EVALUATED = {1: 10_000, 50: 2_000, 5_000: 200}
"""Test images by the number of draws of the bound."""


def evaluate(model: vae.VAE, digits: data.Digits) -> dict[str, object]:
    """L_K of each test image in nats, for K = 1, 50 and 5000, and the active units."""
    values = {K: evaluation.bound_values(model, digits.test[:n], K) for K, n in EVALUATED.items()}
    rounded = {f"L_{K}": [round(float(each), 4) for each in row] for K, row in values.items()}
    return {"active_units": evaluation.active_units(model, digits.test), **rounded}


def main() -> None:
    """Train and evaluate all runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", nargs="*", default=list(RUNS))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    digits = data.mnist(options.data)
    for name in options.runs:
        model = train(name, digits, options.epochs, options.seed, options.out)
        (options.out / f"{stem(name, options.seed)}-test.json").write_text(json.dumps(evaluate(model, digits)))


if __name__ == "__main__":
    main()
