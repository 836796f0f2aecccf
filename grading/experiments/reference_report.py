"""The tables and pictures of docs/experiments.md, from a folder that `reference_run` filled.

python -m grading.experiments.reference_report DIR --docs docs [--seed 0]     the table and the bounds per epoch
python -m grading.experiments.reference_report DIR --docs docs --seeds 1 2    one row a seed: chance in training
python -m grading.experiments.reference_report DIR --docs docs --data FOLDER  pictures of the trained models
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from grading.experiments import autoencoder_plots
from grading.experiments.evaluation import summarized
from grading.experiments.mnist import Digits, mnist
from grading.experiments.reference_epochs import Trace, trained
from grading.experiments.reference_run import EVALUATED, RUNS, stem
from implementations import vae

BASELINE = "VAE"


def read(folder: Path, seed: int) -> dict[str, tuple[Trace, dict[str, Any]]]:
    """Trace and test values of every finished run."""
    found = {}
    for name in RUNS:
        trace, test = folder / f"{stem(name, seed)}.json", folder / f"{stem(name, seed)}-test.json"
        if trace.exists() and test.exists():
            found[name] = json.loads(trace.read_text()), json.loads(test.read_text())
    return found


def table(runs: dict[str, tuple[Trace, dict[str, Any]]]) -> str:
    """One row a run: bounds, the paired gain over the VAE at K = 5000, active units."""
    head = " | ".join(f"L_{K} ({n:,} images)" for K, n in EVALUATED.items())
    lines = [f"| run | {head} | L_5000 minus the VAE's, paired | active units |", "|---" * (len(EVALUATED) + 3) + "|"]
    baseline = np.array(runs[BASELINE][1]["L_5000"])
    for name, (_, test) in runs.items():
        cells = [plus_minus(np.array(test[f"L_{K}"]), K) for K in EVALUATED]
        gain = "" if name == BASELINE else plus_minus(np.array(test["L_5000"]) - baseline, 5000)
        lines.append(f"| {name} | {' | '.join(cells)} | {gain} | {test['active_units']} |")
    return "\n".join(lines)


def by_seed(folder: Path, seeds: list[int]) -> str:
    """One row a run and seed: bounds, and the gain over the VAE of the same seed, paired by image."""
    lines = [
        "| run | seed | L_50 | L_5000 | L_5000 minus the VAE's, paired | active units |",
        "|---|---|---|---|---|---|",
    ]
    for seed in seeds:
        runs = read(folder, seed)
        baseline = np.array(runs[BASELINE][1]["L_5000"])
        for name, (_, test) in runs.items():
            L_50, L_5000 = np.array(test["L_50"]), np.array(test["L_5000"])
            gain = "" if name == BASELINE else plus_minus(L_5000 - baseline, 5000)
            bounds = f"{L_50.mean():.2f} | {L_5000.mean():.2f}"
            lines.append(f"| {name} | {seed} | {bounds} | {gain} | {test['active_units']} |")
    return "\n".join(lines)


def networks(folder: Path, seed: int) -> dict[str, vae.VAE]:
    """The trained models of a seed, from their last checkpoints."""
    return {name: trained(folder / f"{stem(name, seed)}.npz") for name in read(folder, seed)}


def pictures(folder: Path, seed: int, digits: Digits, docs: Path) -> None:
    """Every model at the same K; for the last of them, images and the latent space."""
    models = networks(folder, seed)
    bounds = autoencoder_plots.bounds_by_draws(models, digits)
    name, last = list(models.items())[-1]
    print(f"Images and latent space: {name}, seed {seed}")
    figures = {
        "experiments-draws.svg": autoencoder_plots.bounds_on_one_axis(bounds, 200),
        "experiments-images.svg": autoencoder_plots.images(last, digits),
        "experiments-latent.svg": autoencoder_plots.latent_space(last, digits),
    }
    for file, figure in figures.items():
        figure.savefig(docs / file, bbox_inches="tight", metadata={"Date": None})


def plus_minus(values: np.ndarray, K: int) -> str:
    """`-93.64 ± 1.80`: mean and standard error."""
    found = summarized(values, K)
    return f"{found.mean:.2f} ± {found.standard_error:.2f}"


def plot(runs: dict[str, tuple[Trace, dict[str, Any]]]) -> Figure:
    """Test bounds per epoch, each at the K that was trained."""
    figure = Figure(figsize=(7, 4.5))
    axes = figure.add_subplot()
    for name, (trace, _) in runs.items():
        key = f"test_L{RUNS[name][1] or 1}"
        axes.plot(range(1, len(trace) + 1), [row[key] for row in trace], marker=".", label=name)
    axes.set_ylim(-140, -90)
    axes.set_xticks(range(0, 21, 5))
    axes.set_xlabel("epoch")
    axes.set_ylabel("test bound at the trained K (nats, 2,000 images)")
    axes.legend(frameon=False)
    return figure


def main() -> None:
    """Print a table, write plots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="*")
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    if options.seeds:
        return print(by_seed(options.folder, options.seeds))
    if options.data:
        return pictures(options.folder, options.seed, mnist(options.data), options.docs)
    runs = read(options.folder, options.seed)
    plot(runs).savefig(options.docs / "experiments.svg", bbox_inches="tight", metadata={"Date": None})
    print(table(runs), end="\n\n")
    print(
        f"Seed {options.seed}; torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    main()
