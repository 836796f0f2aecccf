"""The table and the plot of docs/experiments.md, from a folder that `reference_run` filled.

python -m grading.experiments.reference_report DIR --docs docs
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

from grading.experiments.evaluation import summarized
from grading.experiments.reference_run import EVALUATED, RUNS, stem

Trace = list[dict[str, float]]
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
    """Print the table, write the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    runs = read(options.folder, options.seed)
    plot(runs).savefig(options.docs / "experiments.svg", bbox_inches="tight", metadata={"Date": None})
    print(table(runs), end="\n\n")
    print(
        f"Seed {options.seed}; torch {torch.__version__}, numpy {np.__version__}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    main()
