"""What becomes of a training whose loss takes all memory, hangs, crashes or computes with NaN: a state, a place, and
nobody else harmed.

The submissions are real and behind the sandbox; they share one fork server with an honest neighbour, as in grading.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grading.assignment import load_course
from grading.cluster.job import Job
from grading.cluster.pool import Pool
from grading.experiments.training import Run, Size, train
from grading.gradebook import Conditions
from grading.sandbox import Isolation, Limits, available
from grading.sandbox.forking import ForkServer
from grading.sandbox.policy import GiB
from grading.submission import Problem, Submission
from grading.submission.remote import Remote
from grading.verdict.claims import Refuted
from grading.verdict.judge import outcome_of
from grading.verdict.outcome import Outcome, State
from tests.suite.test_training_loop import small

pytestmark = pytest.mark.skipif(available() is not None, reason=f"needs the sandbox: {available()}")

HONEST = """
import torch
from torch.nn import functional as F

steps = 0

def loss(x, model, eps):
    mean, log_var = model.encoder(x)
    z = reparameterize(mean, log_var, eps)
    logits = model.decoder(z)
    log_p = (x * logits - F.softplus(logits)).sum(-1) - 0.5 * z.square().sum(-1)
    return -(log_p + 0.5 * eps.square().sum(-1) + 0.5 * log_var.sum(-1)).mean()

def reparameterize(mean, log_var, eps):
    global steps
    steps += 1
    if steps == {call}:
        {deed}
    return mean + torch.exp(log_var / 2) * eps
"""
TRAINS = "3.1.25/trains_with_both_gradients"
CALL_OF_STEP_3 = 4
"""The first step calls the loss twice: also for images it was not given."""
SIZE = Size(epochs=2, measured=20, epoch_seconds=60.0)
DEEDS = {
    "takes all memory at once": ("torch.ones(2**31)", State.ERROR, "can't allocate memory|not enough memory"),
    "takes memory without end": (
        "kept = []\nwhile True: kept.append(torch.ones(2**22))",
        State.ERROR,
        "allocate memory|not enough memory|memory together|killed by SIG",
    ),
    "takes memory outside torch": ("kept = bytearray(2**33)", State.ERROR, "MemoryError"),
    "loops": ("while True: pass", State.TIMEOUT, "no answer within 10 seconds; an epoch has 4 steps"),
    "sleeps": ("import time; time.sleep(3600)", State.TIMEOUT, "no answer within 10 seconds"),
    "exits": ("import os; os._exit(0)", State.ERROR, "ended itself with exit code 0"),
    "raises": ("raise ValueError('no idea')", State.ERROR, "ValueError: no idea"),
    "returns NaN": (
        "return mean * float('nan')",
        State.FAILED,
        "`reparameterize` in implementations/vae.py returned NaN",
    ),
    "returns infinity": ("return mean / 0", State.FAILED, "`reparameterize` in .* returned an infinite value"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """One for all."""
    with ForkServer() as server:
        yield server


@pytest.fixture
def hand_in(tmp_path: Path, server: ForkServer) -> Iterator[Callable[[str, str], Submission]]:
    """Writes a submission by name, whose loss does something in its third step, and puts it behind the sandbox."""
    transports = []

    def written(name: str, deed: str) -> Submission:
        folder = tmp_path / name / "implementations"
        folder.mkdir(parents=True)
        body = textwrap.indent(deed, " " * 8).lstrip()
        (folder / "vae.py").write_text(HONEST.format(call=CALL_OF_STEP_3, deed=body))
        transports.append(Remote(folder.parent, server, Limits(memory=1 * GiB)))
        return Submission(transports[-1])

    yield written
    for transport in transports:
        transport.close()


def training(submission: Submission, folder: Path, size: Size = SIZE) -> Problem | Refuted | None:
    """What ends two epochs of four steps, as one check; None where they end well."""
    folder.mkdir(exist_ok=True)
    submission.start_check()
    try:
        train(submission, Run("VAE", "vae.loss"), small(), size, 0, folder, lambda text: None)
    except (Problem, Refuted) as problem:
        return problem
    finally:
        submission.end_check()
    return None


@pytest.mark.parametrize("name", DEEDS)
def test_trouble_in_a_step_is_one_checks_outcome(
    hand_in: Callable[[str, str], Submission], tmp_path: Path, name: str
) -> None:
    """The state and the message name run, epoch and step; the same submission's next check and a neighbour go on."""
    deed, state, words = DEEDS[name]
    culprit, neighbour = hand_in("culprit", deed), hand_in("neighbour", "pass")
    seconds = 10.0 if state is State.TIMEOUT else 60.0
    problem = training(culprit, tmp_path / "theirs", Size(epochs=2, measured=20, epoch_seconds=seconds))
    outcome = outcome_of(TRAINS, problem, [], 1.0)
    assert outcome.state is state
    assert outcome.message.startswith("VAE, epoch 1, step 3: ")
    assert re.search(words, outcome.message), outcome.message
    assert culprit.describe(culprit.contract["vae"])["functions"]["loss"]["parameters"] == ["x", "model", "eps"]
    assert training(neighbour, tmp_path / "neighbours") is None


def test_a_course_says_how_long_an_epoch_and_a_submission_may_take(tmp_path: Path) -> None:
    """A course file's limits reach the training of a submission that hangs; under other limits it is trained again."""
    folder = tmp_path / "slow" / "implementations"
    folder.mkdir(parents=True)
    (folder / "vae.py").write_text(HONEST.format(call=CALL_OF_STEP_3, deed="while True: pass"))
    told: dict[str, Outcome] = {}
    with Pool(1, Isolation.SANDBOX) as pool:
        for limits in ("epoch_minutes = 0.05", "submission_hours = 0.001"):
            page = tmp_path / "course.toml"
            page.write_text(f"[limits]\n{limits}\n")
            conditions = Conditions(limits=load_course(page).limits)
            job = Job("slow", str(folder.parent), (TRAINS,), {}, conditions, str(page))
            told |= {ended.policy: ended.outcome for _, ended in pool.run([job])}
    short, spent = told.values()
    assert list(told) == ["seed 0, quick, epochs up to 0.05 min", "seed 0, quick, at most 0.001 h"]
    assert short.state is spent.state is State.TIMEOUT
    assert short.message == "VAE, epoch 1, step 3: no answer within 3 seconds; an epoch has 40 steps"
    assert spent.message.startswith("VAE, epoch 1, step 3: the submission has used up its 4 seconds")
