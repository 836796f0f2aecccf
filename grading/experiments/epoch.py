"""One epoch of training as a pure function: state in, state out.

The submission's loss is trained by this loop, in the submission's own process (the worker's operation `epoch`); the
judge keeps the state between epochs.  Minibatches and noise depend on the seed and the number of the epoch only, so a
run that was killed continues from its last state to the same end, and two submissions with the same seed see the same
images and the same noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from grading.experiments.witness import NAN, Witness

State = dict[str, Any]
"""`parameters`, `first` and `second` (Adam's moments), each arrays by parameter name, and the number of `steps`."""
Loss = Callable[[Tensor, Any, Tensor], Tensor]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to train: Adam with its usual moments, the course's batch and step size."""

    draws: int | None = None
    """K importance draws a row: noise (B, K, latent); None for the VAE's noise (B, latent)."""
    latent: int = 200
    hidden: int = 400
    batch: int = 100
    step_size: float = 1e-3
    seed: int = 0


class Untrainable(Exception):
    """The loss is no finite number that depends on the images and has a gradient."""


def new_state(model: torch.nn.Module) -> State:
    """The state before the first step."""
    parameters = {name: parameter.detach().numpy().copy() for name, parameter in model.named_parameters()}
    zeros = {name: np.zeros_like(value) for name, value in parameters.items()}
    return {"parameters": parameters, "first": zeros, "second": dict(zeros), "steps": 0}


def run(
    loss: Loss,
    model: torch.nn.Module,
    state: State,
    images: UInt8[np.ndarray, "n D"],
    plan: Plan,
    number: int,
    begin: Callable[[int], object] = lambda step: None,
    root: Path | None = None,
) -> tuple[State, float]:
    """Epoch `number` (from 1): the state after it and the mean of the loss over its steps.

    `begin` is called with the number of each step before it is taken; functions in `root` that return NaN are named.

    Raises:
        Untrainable: the message says at which step, and why.
    """
    optimizer, witness = load(model, state, plan), Witness(model, root)
    generator = torch.Generator().manual_seed(plan.seed * 100_003 + number)
    order = torch.randperm(len(images), generator=generator).numpy()
    total = 0.0
    batches = [order[start : start + plan.batch] for start in range(0, len(order), plan.batch)]
    for step, rows in enumerate(batches, start=1):
        begin(step)
        x = torch.from_numpy(images[rows]).float() / 255
        eps = torch.randn(noise_shape(len(rows), plan), generator=generator)
        try:
            value = trainable(loss, x, model, eps, witness)
            if step == 1:
                refuse_to_ignore_images(value, loss(1 - x, model, eps))
        except Untrainable as problem:
            raise Untrainable(f"epoch {number}, step {step}: {problem}") from problem.__cause__
        total += float(value.detach())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return save(model, optimizer, state["steps"] + len(batches)), total / len(batches)


def noise_shape(rows: int, plan: Plan) -> tuple[int, ...]:
    """(B, latent), or (B, K, latent)."""
    return (rows, plan.latent) if plan.draws is None else (rows, plan.draws, plan.latent)


def trainable(loss: Loss, x: Tensor, model: torch.nn.Module, eps: Tensor, witness: Witness) -> Tensor:
    """The loss of one batch.  Raises Untrainable unless it is one finite number with a gradient, computed without NaN.

    An exception after a NaN, such as a distribution's that refuses one, is that NaN's.
    """
    try:
        with witness.listening():
            value = loss(x, model, eps)
    except Exception as error:
        if witness.what != NAN:
            raise
        raise Untrainable(f"{what_is_not_finite(model, witness)}, and {type(error).__name__} was raised") from error
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise Untrainable("the loss is not one number")
    if not value.requires_grad:
        raise Untrainable("the loss has no gradient")
    number = float(value.detach())
    if not math.isfinite(number) or witness.nan_in_model:
        raise Untrainable(what_is_not_finite(model, witness, value) or f"the loss is {number}")
    return value


def what_is_not_finite(model: torch.nn.Module, witness: Witness, loss: Tensor | None = None) -> str:
    """A parameter, or what a function or the model returned; empty where it is the loss alone."""
    if all(bool(torch.isfinite(parameter).all()) for parameter in model.parameters()):
        return witness.cause(loss)
    return "a parameter is not finite any more: the gradient of the step before was NaN or infinite"


def refuse_to_ignore_images(value: Tensor, of_others: Tensor) -> None:
    """Raises Untrainable where the loss of the negatives of the images, at the same noise, is the same to the last
    digit."""
    if float(value.detach()) == float(of_others.detach()):
        raise Untrainable("the loss does not depend on the images")


def load(model: torch.nn.Module, state: State, plan: Plan) -> torch.optim.Adam:
    """Put the state into the model and a fresh optimiser."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(state["parameters"][name]))
    optimizer = torch.optim.Adam(model.parameters(), lr=plan.step_size)
    for name, parameter in model.named_parameters():
        optimizer.state[parameter] = {
            "step": torch.tensor(float(state["steps"])),
            "exp_avg": torch.from_numpy(state["first"][name].copy()),
            "exp_avg_sq": torch.from_numpy(state["second"][name].copy()),
        }
    return optimizer


def save(model: torch.nn.Module, optimizer: torch.optim.Adam, steps: int) -> State:
    """The state as plain arrays."""
    named = list(model.named_parameters())

    def arrays(pick: Callable[[Tensor], Tensor]) -> dict[str, Float[np.ndarray, ...]]:
        """What is picked of each parameter, by name."""
        return {name: pick(parameter).detach().numpy().copy() for name, parameter in named}

    return {
        "parameters": arrays(lambda p: p),
        "first": arrays(lambda p: optimizer.state[p]["exp_avg"]),
        "second": arrays(lambda p: optimizer.state[p]["exp_avg_sq"]),
        "steps": steps,
    }
