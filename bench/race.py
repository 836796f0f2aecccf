"""Who reaches the textbook loop's bound first: whole trainings of the IWAE with K = 50, epoch by epoch in turns.

    python -m bench.race --data FOLDER --out DIR [--epochs 20] [--seed 0]
    python -m bench.race --out DIR --show

The runs see the same minibatches and noise and take turns, so whatever else the machine does slows all of them alike.
Each epoch is checkpointed and the same command continues.  The table gives the test L_50 after each epoch and the
processor time spent in training until then (one thread), without the measuring.

An averaged run trains as the other and is measured at the mean of its parameters over the last epoch's steps (Polyak
and Juditsky 1992, Acceleration of Stochastic Approximation by Averaging).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple, cast

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.optim.swa_utils import AveragedModel

from bench.iwae import Step, in_bfloat16, resampled, textbook
from grading.experiments import epoch, evaluation
from grading.experiments import mnist as data
from grading.experiments.reference_epochs import Trace, next_epoch, trace_of
from implementations import vae

K, IMAGES = 50, 2_000


class Runner(NamedTuple):
    """Who takes part."""

    loss: Step
    averaged: bool = False


RUNS = {
    "textbook": Runner(textbook),
    "four-draws": Runner(in_bfloat16(resampled(4))),
    "four-draws-averaged": Runner(in_bfloat16(resampled(4)), averaged=True),
    "one-draw": Runner(in_bfloat16(resampled(1))),
}


def turn(name: str, digits: data.Digits, plan: epoch.Plan, out: Path) -> Trace:
    """One more epoch of this run; its trace so far."""

    def bound(model: vae.VAE) -> dict[str, float]:
        return {"bound": evaluation.bound(model, digits.test[:IMAGES], K).mean}

    runner = RUNS[name]
    around = averaging if runner.averaged else nullcontext
    return next_epoch(runner.loss, plan, digits, checkpoint(out, name, plan.seed), bound, around)


@contextmanager
def averaging(model: vae.VAE) -> Iterator[vae.VAE]:
    """A model whose parameters are the mean of this one's over all optimiser steps within the context."""
    mean = AveragedModel(model)
    watch = register_optimizer_step_post_hook(lambda *_: mean.update_parameters(model))
    try:
        yield cast(vae.VAE, mean.module)
    finally:
        watch.remove()


def checkpoint(out: Path, name: str, seed: int) -> Path:
    """Where a run is kept."""
    return out / f"{name}-{seed}.npz"


def traces(out: Path, seed: int) -> dict[str, Trace]:
    """What each run has done so far."""
    return {name: trace_of(checkpoint(out, name, seed)) for name in RUNS}


def table(found: dict[str, Trace]) -> str:
    """Bound (nats) and processor minutes after each epoch, and when each run passes the textbook's last bound."""
    lines = ["| epoch | " + " | ".join(found) + " |", "|---" * (len(found) + 1) + "|"]
    for number in range(max(map(len, found.values()))):
        cells = [cell(trace, number) for trace in found.values()]
        lines.append(f"| {number + 1} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *verdicts(found)])


def cell(trace: Trace, number: int) -> str:
    """`-97.31 after 14.2 min`, or nothing."""
    if number >= len(trace):
        return ""
    return f"{trace[number]['bound']:.2f} after {minutes(trace[: number + 1]):.1f} min"


def minutes(trace: Trace) -> float:
    """Processor minutes spent in training."""
    return sum(row["seconds"] for row in trace) / 60


def verdicts(found: dict[str, Trace]) -> list[str]:
    """When each run first reaches the textbook's last bound, as a share of the textbook's time."""
    if not found["textbook"]:
        return ["the textbook's loop has not been trained here"]
    goal, whole = found["textbook"][-1]["bound"], minutes(found["textbook"])
    lines = []
    for name, trace in found.items():
        reached = [number for number, row in enumerate(trace) if row["bound"] >= goal]
        if name != "textbook" and reached:
            share = minutes(trace[: reached[0] + 1]) / whole
            lines.append(
                f"{name} reaches {goal:.2f} in epoch {reached[0] + 1}, after {share:.0%} of the textbook's time"
            )
        elif name != "textbook":
            lines.append(f"{name} has not reached {goal:.2f}")
    return lines


def main() -> None:
    """Run the race, or show how it stands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", nargs="*", default=list(RUNS), choices=list(RUNS), help="who takes part")
    parser.add_argument("--show", action="store_true", help="print the table and train nothing")
    options = parser.parse_args()
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        if not options.show:
            run(data.mnist(options.data), options)
        print(table(traces(options.out, options.seed)))
    except (data.DataError, OSError) as error:
        parser.error(str(error))


def run(digits: data.Digits, options: argparse.Namespace) -> None:
    """Train in turns, from where it stopped."""
    torch.set_num_threads(1)
    plan, done = epoch.Plan(draws=K, seed=options.seed), traces(options.out, options.seed)
    for number in range(1, options.epochs + 1):
        for name in options.runs:
            if len(done[name]) < number:
                done[name] = turn(name, digits, plan, options.out)
                print(f"epoch {number}, {name}: {done[name][-1]}", flush=True)


if __name__ == "__main__":
    main()
