"""Train a submission's loss, epoch by epoch; the judge keeps the state, measures the bounds and writes checkpoints.

The submission sees one epoch at a time (`grading.experiments.epoch`) and hands back parameters.  Nothing else that it
says is believed: after each epoch the judge evaluates train and test bounds itself, with the definitions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import numpy as np
import torch
from torch import nn

from grading.experiments import epoch, evaluation
from grading.experiments.checkpoint import read_checkpoint, write_checkpoint
from grading.experiments.epoch import Untrainable
from grading.experiments.mnist import PIXELS, Digits
from grading.submission import Model, Problem, Raised, Returned, Submission, TimedOut
from grading.submission.network import Network
from grading.submission.proxy import FORM
from grading.verdict.claims import Refuted

HIDDEN, LATENT = 400, 200


class Run(msgspec.Struct, frozen=True):
    """One training run: which loss, with how many importance draws a row (None: the VAE's noise)."""

    name: str
    function: str
    draws: int | None = None


class Size(msgspec.Struct, frozen=True):
    """How much training: epochs, images measured after each of them, and the longest an epoch may take."""

    epochs: int
    measured: int
    epoch_seconds: float


class Epoch(msgspec.Struct, frozen=True):
    """What is recorded after one epoch; bounds in nats, at the number of draws that is trained."""

    number: int
    loss: float
    train_bound: float
    test_bound: float
    seconds: float


class Trained(msgspec.Struct, frozen=True):
    """A finished run."""

    run: Run
    network: Any
    trace: tuple[Epoch, ...]


Progress = Callable[[str], None]


def course_model(seed: int) -> Model:
    """The course's networks, 784-400-400-200 and back, with torch's default initialisation under this seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)

        def layer(inputs: int, outputs: int) -> tuple[Any, Any]:
            """Weight and bias of torch's own initialisation."""
            linear = nn.Linear(inputs, outputs)
            return linear.weight.detach().numpy(), linear.bias.detach().numpy()

        encoder = [layer(PIXELS, HIDDEN), layer(HIDDEN, HIDDEN)]
        mean, log_var = layer(HIDDEN, LATENT), layer(HIDDEN, LATENT)
        return Model(encoder, mean, log_var, [layer(LATENT, HIDDEN), layer(HIDDEN, HIDDEN), layer(HIDDEN, PIXELS)])


def train(
    submission: Submission, run: Run, digits: Digits, size: Size, seed: int, folder: Path, tell: Progress
) -> Trained:
    """Train one run to its last epoch, from its checkpoint in `folder` where there is one.

    Raises:
        Refuted: the loss cannot be trained, or the parameters that came back are no finite arrays.
        Problem: the submission raised, ran out of memory or time.
    """
    plan, model = epoch.Plan(draws=run.draws, latent=LATENT, seed=seed), course_model(seed)
    network = Network(model)
    path = folder / f"{''.join(c if c.isalnum() else '-' for c in run.name)}-{seed}.npz"
    state, trace = read_checkpoint(path) or (epoch.new_state(network), [])
    for number in range(len(trace) + 1, size.epochs + 1):
        begun = monotonic()
        state, loss = one_epoch(submission, run, plan, model, state, digits, number, size.epoch_seconds)
        epoch.load(network, state, plan)
        bounds = [
            evaluation.bound(network, part[: size.measured], run.draws or 1) for part in (digits.train, digits.test)
        ]
        trace.append(msgspec.to_builtins(Epoch(number, loss, bounds[0].mean, bounds[1].mean, monotonic() - begun)))
        write_checkpoint(path, state, trace)
        left = (size.epochs - number) * (monotonic() - begun)
        tell(f"{run.name}: epoch {number} of {size.epochs}, test bound {bounds[1].mean:.2f} nats, {left:.0f} s left")
    epoch.load(network, state, plan)
    return Trained(run, network, tuple(msgspec.convert(trace, list[Epoch])))


def one_epoch(
    submission: Submission,
    run: Run,
    plan: epoch.Plan,
    model: Model,
    state: epoch.State,
    digits: Digits,
    number: int,
    seconds: float,
) -> tuple[epoch.State, float]:
    """One epoch in the submission's process; the state that came back, checked.

    Raises:
        Refuted: the loss cannot be trained, or what came back is no state.
        Problem: the submission raised, ran out of memory or time; the message says in which epoch and step.
    """
    message = {"op": "epoch", "function": run.function, "model": model, "plan": msgspec.to_builtins(plan)}
    message |= {"state": state, "images": digits.train, "number": number}
    spent, steps = submission.spent, Steps(-(-len(digits.train) // plan.batch))
    submission.listener = steps.hear
    try:
        # Not `request`: no example is left to try, and the first problem ends the check.
        reply = submission.exchange(message, submission.epoch_seconds or seconds)
    except Raised as problem:
        if str(problem).startswith(Untrainable.__name__):
            words = str(problem).partition(": ")[2]
            raise Refuted(f"{run.name}, {words}", mistake=words.partition(": ")[2]) from None
        raise at_step(problem, run, number, steps) from None
    except Problem as problem:
        raise at_step(problem, run, number, steps) from None
    finally:
        submission.listener = None
        submission.spent = spent  # an epoch has its own limit, and takes nothing from the check's other calls
    return checked(reply, state, steps.total, f"{run.name}, epoch {number}")


@dataclass
class Steps:
    """How far an epoch has come, by the submission's own account; only ever shown."""

    total: int
    latest: int = 0

    def hear(self, message: Any) -> None:
        """A message of progress, which may be anything."""
        step = message.get("step") if isinstance(message, dict) else None
        if isinstance(step, int):
            self.latest = step


def at_step(problem: Problem, run: Run, number: int, steps: Steps) -> Problem:
    """The same problem, with the place where it happened if that was in a step; a slow epoch is not one that hangs."""
    if not steps.latest:
        return problem
    length = f"; an epoch has {steps.total} steps" if isinstance(problem, TimedOut) else ""
    return type(problem)(f"{run.name}, epoch {number}, step {steps.latest}: {problem}{length}", problem.traceback)


PARTS = {"parameters": "", "first": "Adam's mean of the gradient in ", "second": "Adam's mean square gradient in "}
"""Of a state, in words."""


def checked(reply: Any, like: epoch.State, steps: int, where: str) -> tuple[epoch.State, float]:
    """The state after so many more steps, and the loss, of a reply.

    Raises:
        Refuted: an array is not there, not finite, or of another shape.
        Returned: what came back is of another form, as only code that took the worker over can make it.
    """
    try:
        state: epoch.State = {
            part: {key: np.asarray(reply["state"][part][key]) for key in like[part]} for part in PARTS
        }
        loss = float(reply["loss"])
    except (KeyError, TypeError, ValueError):
        raise Returned(f"{where}: {FORM}") from None
    if not math.isfinite(loss):
        raise Returned(f"{where}: the mean loss is {loss}")
    for part, words in PARTS.items():
        for key, array in like[part].items():
            found = state[part][key]
            if found.shape != array.shape or found.dtype.kind != "f" or not np.isfinite(found).all():
                raise Refuted(f"{where}: afterwards {words}{key} is not a finite array of shape {array.shape}")
    return state | {"steps": like["steps"] + steps}, loss
