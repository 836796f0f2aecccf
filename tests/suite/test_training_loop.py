"""The training loop: the same end from the same seed, resumed after a kill, and clear outcomes of bad losses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.race import averaging
from grading.experiments import checkpoint, epoch, evaluation, mnist
from grading.experiments.autoencoders import PROFILES, Measured
from grading.experiments.reference_epochs import next_epoch, trace_of, trained
from grading.experiments.training import Run, Size, Trained, course_model, train
from grading.submission import InProcess, Raised, Returned, Submission, plain
from grading.submission.network import Network
from grading.submission.transport import Listen
from grading.verdict.claims import Refuted
from implementations import iwae, vae
from tests import autoencoders as ae

ROOT = Path(__file__).parents[2]
SIZE = Size(epochs=2, measured=50, epoch_seconds=60.0)
RUN = Run("IWAE, K = 2", "iwae.loss", 2)


def small() -> mnist.Digits:
    """300 training digits."""
    full = mnist.embedded()
    return mnist.Digits(full.train[::13], full.train_labels[::13], full.test[::10], full.test_labels[::10], "small")


def finish(folder: Path) -> dict[str, np.ndarray]:
    """Train to the end in this folder; the final parameters."""
    trained = train(Submission(InProcess(ROOT)), RUN, small(), SIZE, 0, folder, print)
    return {name: each.detach().numpy() for name, each in trained.network.named_parameters()}


PROGRAM = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.suite.test_training_loop import finish
finish(Path(sys.argv[1]))
"""


def test_killed_run_ends_in_the_same_result(tmp_path: Path) -> None:
    """SIGKILL after the first checkpoint, then resumed: bit for bit what an undisturbed run gives."""
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    undisturbed.mkdir()
    killed.mkdir()
    expected = finish(undisturbed)
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(killed)], env=os.environ | {"OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 120
    while not list(killed.glob("*.npz")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(killed.glob("*.npz")), "no checkpoint was written"
    found = finish(killed)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    """State and trace survive; a half-written new file does not matter."""
    state = epoch.new_state(Network(course_model(0)))
    checkpoint.write_checkpoint(tmp_path / "a.npz", state, [{"number": 1}])
    (tmp_path / "a.new").write_bytes(b"half")
    found = checkpoint.read_checkpoint(tmp_path / "a.npz")
    assert found is not None and found[1] == [{"number": 1}]
    for name, value in state["parameters"].items():
        np.testing.assert_array_equal(found[0]["parameters"][name], value)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("(model.encoder(x)[0] * float('nan')).sum()", Refuted, "VAE, epoch 1, step 1: the loss is nan"),
        ("model.encoder(x)[0].sum() * 1e38 * 1e38", Refuted, "step 1: the loss is -?inf|the loss is nan"),
        ("-model.decoder(10 * eps).pow(4).sum().exp()", Refuted, "step [1-9]: the loss is -inf"),
        ("-1e30 * model.encoder(x)[0].pow(8).sum()", Refuted, "epoch 1: afterwards Adam's .* is not a finite array"),
        ("torch.sqrt((model.encoder(x)[0] * 0).square()).sum() + model.encoder(x)[0].sum()", Refuted,
         "step 2: a parameter is not finite any more: the gradient of the step before"),
        ("model.encoder(x)[0]", Refuted, "not one number"),
        ("torch.zeros(())", Refuted, "step 1: the loss has no gradient"),
        ("sum(p.square().sum() for p in model.parameters())", Refuted, "step 1: the loss does not depend on the image"),
        ("model.decoder(eps).square().mean()", Refuted, "step 1: the loss does not depend on the images"),
        ("eps[:, 1000]", Raised, "VAE, epoch 1, step 1: IndexError"),
    ],
)  # fmt: skip
def test_bad_losses_end_the_training_with_a_reason(
    tmp_path: Path, body: str, kind: type[Exception], message: str
) -> None:
    """NaN, an exploding loss, a gradient of NaN, a matrix, a constant, a loss that ignores the images and an exception
    each say what happened, and in which step."""
    with pytest.raises(kind, match=message):
        train_text(f"import torch\n\ndef loss(x, model, eps):\n    return {body}\n", tmp_path)


def train_text(text: str, folder: Path) -> None:
    """Train the `loss` of this module, in this process; what was imported before is there again afterwards."""
    (folder / "implementations").mkdir()
    (folder / "implementations" / "vae.py").write_text(text)
    before = {name: each for name, each in sys.modules.items() if name.startswith("implementations")}
    try:
        train(Submission(InProcess(folder)), Run("VAE", "vae.loss"), small(), SIZE, 0, folder, print)
    finally:
        for name in [each for each in sys.modules if each.startswith("implementations")]:
            del sys.modules[name]
        sys.modules.update(before)


SOUND = """
import torch
from torch.distributions import Bernoulli

calls = 0

def from_call(number, value, otherwise):
    global calls
    calls += 1
    return value if calls >= number else otherwise

class Noise:
    def add(self, mean, log_var, eps):
        return mean + torch.exp(log_var / 2) * eps

def reparameterize(mean, log_var, eps):
    z = Noise().add(mean, log_var, eps)
    return z

def log_bernoulli(x, logits):
    return -torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)

def loss(x, model, eps):
    mean, log_var = model.encoder(x)
    z = reparameterize(mean, log_var, eps)
    log_p = log_bernoulli(x, model.decoder(z)) - 0.5 * z.square().sum(-1)
    bound = log_p + 0.5 * log_var.sum(-1)
    return -bound.mean()
"""
NAN, LATER = "float('nan')", "from_call(4, float('nan'), 1.0)"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("return z", f"return z * {NAN}", "step 1: `reparameterize` in implementations/vae.py returned NaN"),
        ("return z", f"return z * {LATER}", "step 3: `reparameterize` in implementations/vae.py returned NaN"),
        ("return mean +", f"return {NAN} + mean +", "1: `Noise.add` in implementations/vae.py returned NaN"),
        ("model.encoder(x)", f"model.encoder(x * {LATER})", "step 3: `model.encoder` was given NaN"),
        ("model.decoder(z)", f"model.decoder(z * {LATER})", "step 3: `model.decoder` was given NaN"),
        ("model.decoder(z)", "model.decoder(z + from_call(4, 3e38, 0.0) * model.decoder[0].weight[0].sign())",
         "step 3: `model.decoder` returned NaN"),
        ("return -torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction=\"none\").sum(-1)",
         "p = torch.round(torch.sigmoid(logits)); return (x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(-1)",
         "step 1: `log_bernoulli` in implementations/vae.py returned (NaN|an infinite value)"),
        ("return -bound.mean()", f"return -bound.mean() * {LATER}", "step 3: the loss is nan"),
        ("return -bound.mean()", f"model.decoder(z * {LATER}); return -bound.mean()", "`model.decoder` was given NaN"),
        ("log_bernoulli(x, model.decoder(z))", f"Bernoulli(logits=model.decoder(z) * {NAN}).log_prob(x).sum(-1)",
         "step 1: ValueError"),
        ("log_bernoulli(x, model.decoder(z))", f"Bernoulli(logits=model.decoder({NAN} * z)).log_prob(x).sum(-1)",
         "step 1: `model.decoder` was given NaN, and ValueError was raised"),
    ],
)  # fmt: skip
def test_a_nan_is_told_by_who_returned_it_first(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A function of the submission, a method, or the model; at the first step and after sound ones; hidden from the
    loss, or refused by a distribution."""
    assert SOUND.count(old) == 1
    with pytest.raises((Refuted, Raised), match=f"^VAE, epoch 1, .*{message}"):
        train_text(SOUND.replace(old, new), tmp_path)


def test_a_nan_that_nobody_uses_ends_nothing(tmp_path: Path) -> None:
    """A helper may return NaN where it is masked, and an infinite log weight is no mistake."""
    masked = "unused = from_call(1, z.detach() * float('nan'), None) / 0; return z"
    train_text(SOUND.replace("return z", masked), tmp_path)


def test_a_profiler_keeps_listening(tmp_path: Path) -> None:
    """Whoever profiles a training of their own hears it; the model's NaN is named all the same."""
    heard: list[str] = []
    sys.setprofile(lambda frame, event, value: heard.append(event))
    try:
        with pytest.raises(Refuted, match=r"step 1: `model\.decoder` was given NaN"):
            train_text(SOUND.replace("return z", "return z * float('nan')"), tmp_path)
        assert sys.getprofile() is not None and heard
    finally:
        sys.setprofile(None)


class Forger(InProcess):
    """A worker that was taken over: it has one answer to everything."""

    def __init__(self, value: object) -> None:
        super().__init__(ROOT)
        self.value = value

    def request(self, request: bytes, timeout: float, listen: Listen) -> bytes:
        """That answer."""
        return plain.encode({"value": self.value})


STATE = epoch.new_state(Network(course_model(0)))


@pytest.mark.parametrize(
    ("forged", "problem"),
    [
        (7.0, Returned),
        ({"loss": 1.0}, Returned),
        ({"state": STATE, "loss": "small"}, Returned),
        ({"state": STATE, "loss": float("nan")}, Returned),
        ({"state": STATE | {"first": {}}, "loss": 1.0}, Returned),
        ({"state": STATE | {"first": {key: [[1.0], []] for key in STATE["first"]}}, "loss": 1.0}, Returned),
        ({"state": STATE | {"first": dict.fromkeys(STATE["first"], "text")}, "loss": 1.0}, Refuted),
    ],
)
def test_a_forged_epoch_is_no_fault_of_the_grader(tmp_path: Path, forged: object, problem: type[Exception]) -> None:
    """What is no state ends the check; the number of steps is the judge's own."""
    with pytest.raises(problem):
        train(Submission(Forger(forged)), RUN, small(), SIZE, 0, tmp_path, print)
    few = STATE | {"steps": -(10**9)}
    train(Submission(Forger({"state": few, "loss": 1.0})), RUN, small(), SIZE, 0, tmp_path, print)
    (path,) = tmp_path.glob("*.npz")
    found = checkpoint.read_checkpoint(path)
    assert found is not None and found[0]["steps"] == 2 * -(-len(small().train) // 100)


def test_a_training_epoch_by_epoch_continues_itself(tmp_path: Path) -> None:
    """The reference's trainings and the race's: what was measured is the kept model's, and an averaged one's is not."""
    digits, plan = small(), epoch.Plan(draws=2, seed=1)
    images = digits.test[:20]

    def bound(model: vae.VAE) -> dict[str, float]:
        return {"bound": evaluation.bound(model, images, 2).mean}

    plain, averaged = tmp_path / "plain.npz", tmp_path / "averaged.npz"
    for path, around in ((plain, nullcontext), (averaged, averaging)):
        next_epoch(iwae.loss, plan, digits, path, bound, around)
        next_epoch(iwae.loss, plan, digits, path, bound, around)
    first, second = trace_of(plain)
    assert second["loss"] < first["loss"] and second["bound"] > first["bound"]
    assert bound(trained(plain))["bound"] == second["bound"]
    assert [row["loss"] for row in trace_of(averaged)] == [first["loss"], second["loss"]]
    assert bound(trained(averaged))["bound"] == second["bound"] != trace_of(averaged)[1]["bound"]


def test_measured_bound_is_the_definition() -> None:
    """The judge's L_K on an affine model approaches the log evidence that is known."""
    rng = np.random.default_rng(0)
    case = ae.Case(
        ae.affine_model(rng, latent=2, shift=0.2), np.round(rng.random((4, 4)) * 255) / 255, np.zeros((4, 2))
    )
    network = ae.network_of(case).float()
    images = np.round(case.x * 255).astype(np.uint8)
    found = evaluation.bound(network, images, 5000)
    assert found.mean == pytest.approx(ae.log_evidence(case.model, case.x).mean(), abs=0.02)
    exact = evaluation.bound(ae.network_of(ae.Case(ae.affine_model(rng), case.x, case.eps)).float(), images, 1)
    assert exact.images == 4 and exact.standard_error > 0


def test_a_gain_is_paired_by_image() -> None:
    """Images differ by tens of nats and the two models by one: its error knows only how much the one varies."""
    plain = np.random.default_rng(0).normal(-90.0, 25.0, 200)
    better = plain + np.resize([0.9, 1.1], 200)
    baseline, other = (Measured(Trained(RUN, None, ()), {5000: each}, 0) for each in (plain, better))
    gain = other.gain(baseline, 5000)
    assert str(gain) == "1.00 ± 0.01 nats on 200 test images" and other.bound(5000).standard_error > 1


def test_every_profile_measures_what_the_assignment_asks() -> None:
    """L_1, L_50 and L_5000, each on a stated number of images."""
    assert all(list(profile.evaluated) == [1, 50, 5000] for profile in PROFILES.values())


def test_active_units_are_those_that_move() -> None:
    """A unit whose posterior mean is constant is not active."""
    network = Network(course_model(0))
    with torch.no_grad():
        network.encoder.mean.weight.zero_()
        network.encoder.mean.weight[:3] = 1.0
    assert evaluation.active_units(network, mnist.embedded().test[:200]) == 3
