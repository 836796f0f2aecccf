"""Whole trainings of the reference, an epoch at a time, each from its checkpoint: whoever is stopped goes on.

The model starts from its seed's initialisation, and the random numbers that a loss draws for itself are seeded anew
for each epoch, so how a training is cut into calls changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

from grading.experiments import epoch
from grading.experiments.checkpoint import read_checkpoint, write_checkpoint
from grading.experiments.mnist import Digits
from implementations import vae

Trace = list[dict[str, float]]
"""One row an epoch: its mean loss, the processor seconds of its steps, and what was measured after it."""
Measure = Callable[[vae.VAE], dict[str, float]]
Around = Callable[[vae.VAE], AbstractContextManager[vae.VAE]]
"""Surrounds the steps of an epoch and gives the model that is measured after them."""


def next_epoch(
    loss: epoch.Loss, plan: epoch.Plan, digits: Digits, path: Path, measure: Measure, around: Around = nullcontext
) -> Trace:
    """Train one more epoch from the checkpoint in `path`, or the first; the trace so far."""
    torch.manual_seed(plan.seed)
    model = vae.VAE()
    state, trace = read_checkpoint(path) or (epoch.new_state(model), [])
    number = len(trace) + 1
    torch.manual_seed(plan.seed * 100_003 + number)
    begun = time.process_time()
    with around(model) as measured:
        state, mean_loss = epoch.run(loss, model, state, digits.train, plan, number)
    spent = time.process_time() - begun
    trace.append({"loss": mean_loss, "seconds": spent} | measure(measured))
    write_checkpoint(path, state, trace)
    return trace


def trace_of(path: Path) -> Trace:
    """What a training has done so far."""
    kept = read_checkpoint(path)
    return kept[1] if kept else []


def trained(path: Path) -> vae.VAE:
    """The model of a checkpoint."""
    kept, model = read_checkpoint(path), vae.VAE()
    if kept is None:
        raise FileNotFoundError(f"{path}: nothing was trained here")
    epoch.load(model, kept[0], epoch.Plan())
    return model
