"""Training only what differs: who takes the reference's result over, who is trained, and what an audit finds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from grading.cluster.pool import Pool
from grading.experiments.autoencoders import IWAE, PATH, VAE
from grading.experiments.battery import Battery, Comparison, Probe, answer, ascents, compare, losses
from grading.gradebook import Conditions, Experiments, HandedIn, content_hash
from grading.gradebook.conditions import AUDITED, TAKEN_OVER
from grading.places import PROJECT
from grading.run import Run, Settings
from grading.sandbox import Isolation, available
from grading.submission import InProcess, Submission
from grading.verdict.outcome import Outcome, State
from tests.suite import mutants as mutants
from tests.suite import variants as variants
from tests.suite.corpus import MUTANTS, ROOT, VARIANTS, Mutant, Variant, submission_of

REFERENCE = Submission(InProcess(ROOT))
BATTERIES: dict[str, Battery] = {
    "vae.loss": losses(VAE),
    "vae.path_derivative_loss": losses(PATH),
    "iwae.loss": losses(IWAE[1]),
    "normal_gamma.score": ascents(False),
    "bbvi.gradient_draws": ascents(False, True),
}
CHECK = "1.2.5/bbvi_finds_the_posterior"


def expected(place: int, probe: Probe) -> Any:
    """The reference's answer."""
    REFERENCE.spent = 0.0
    return answer(REFERENCE, probe)


def compared(change: Mutant | Variant) -> Comparison:
    """The first probes, to a submission that differs from the reference in one function."""
    return compare(islice(BATTERIES[change.function](1), 60), submission_of(change), expected)


COMPARED = [each for each in VARIANTS if each.function in BATTERIES]
ROUNDED = [each for each in COMPARED if "float32" in str(each)]


@pytest.mark.parametrize("variant", [each for each in COMPARED if each not in ROUNDED], ids=str)
def test_other_algebra_agrees(variant: Variant) -> None:
    """The same function, written otherwise, differs by rounding."""
    found = compared(variant)
    assert found.agrees, str(found)
    assert found.inputs == 60 and found.largest["float64"] < 1e-11


@pytest.mark.parametrize("variant", ROUNDED, ids=str)
def test_a_correct_answer_in_single_precision_is_trained(variant: Variant) -> None:
    """It is right, but does not agree to double rounding: whoever differs is trained."""
    assert not compared(variant).agrees


@pytest.mark.parametrize("mutant", [each for each in MUTANTS if each.function in BATTERIES], ids=str)
def test_every_known_mistake_differs(mutant: Mutant) -> None:
    """A wrong value, a wrong gradient, and what goes wrong in single precision only."""
    assert not compared(mutant).agrees


def test_the_whole_battery_ends_with_a_training_of_the_courses_own_size() -> None:
    """Both precisions, 100 rows, the course's networks: where unshifted exponentials vanish."""
    *_, double, single = losses(VAE, *IWAE)(0)
    assert (double.precision, single.precision) == ("float64", "float32")
    assert single.args[0].shape == (100, 784) and single.args[2].shape == (100, 50, 200)


def test_the_sample_is_of_the_asked_size_and_always_the_same() -> None:
    """Five in a hundred of many contents; more with a larger share, and never fewer."""
    contents = [f"{i:064x}" for i in range(20_000)]
    few, many = Conditions(3), Conditions(3, audit=0.2)
    chosen = {each for each in contents if few.audits(each)}
    assert abs(len(chosen) - 1000) < 5 * (20_000 * 0.05 * 0.95) ** 0.5
    assert chosen == {each for each in contents if few.audits(each)} <= {c for c in contents if many.audits(c)}
    assert chosen != {each for each in contents if Conditions(4).audits(each)}
    assert not any(Conditions(audit=0.0).audits(each) for each in contents)


# -- graded in the sandbox --------------------------------------------------------------------------------------------

OTHER_ALGEBRA = '''

def score(mu, tau, q):
    """The same columns, stacked."""
    import numpy as np
    from scipy.special import digamma
    mu_N, lambda_N, a_N, b_N = q
    off = np.asarray(mu) - mu_N
    of_mean = [lambda_N * off, (1 / lambda_N - off * off) / 2]
    of_precision = [np.log(tau) + np.log(b_N) - digamma(a_N), a_N / b_N - tau]
    return np.stack(np.broadcast_arrays(*of_mean, *of_precision), axis=-1)
'''
TOO_LONG = '''

__own = fit


def fit(x, prior, q, n_steps, n_samples, step_size, rng, control_variates=False):
    """Twice the step."""
    return __own(x, prior, q, n_steps, n_samples, 2 * np.asarray(step_size), rng, control_variates)
'''
TWO_FACES = '''

__own = fit


def fit(x, prior, q, n_steps, n_samples, step_size, rng, control_variates=False):
    """Gives up where a run is long."""
    path = __own(x, prior, q, n_steps, n_samples, step_size, rng, control_variates)
    return path if n_steps < 1000 else np.tile(path[0], (n_steps + 1, 1))
'''
CLASS = {
    "other algebra": ("normal_gamma", OTHER_ALGEBRA),
    "twice the step": ("bbvi", TOO_LONG),
    "two faces": ("bbvi", TWO_FACES),
}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> list[HandedIn]:
    """Three submissions: the reference with a page each that goes on."""
    found = []
    for name, (module, text) in CLASS.items():
        folder = tmp_path_factory.mktemp("work")
        shutil.copytree(ROOT / "implementations", folder / "implementations")
        (folder / "submission.toml").write_text(f'name = "{name}"\n')
        with (folder / "implementations" / f"{module}.py").open("a") as page:
            page.write(text)
        found.append(HandedIn(name, content_hash(folder), str(folder)))
    return found


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One station for all runs: what takes long is to start it."""
    with Pool(1, Isolation.SANDBOX) as started:
        yield started


def grade(out: Path, handed_in: list[HandedIn], pool: Pool, audit: float, stop_after: int = 99) -> Run:
    """The experiment of 1.2.5 on the class; after so many outcomes the instructor presses Ctrl-C."""
    conditions = Conditions(experiments=Experiments.DIFFERENT, audit=audit, reference=content_hash(PROJECT))
    run = Run.begin(out, Settings(conditions, Isolation.SANDBOX))
    run.gradebook.hand_in(handed_in)
    told: list[str] = []

    def listen(*_: object) -> None:
        told.append("")
        if len(told) == stop_after:
            raise KeyboardInterrupt

    for jobs in run.rounds((run.course.question("1.2.5"),)):
        run.go([replace(job, checks=(CHECK,)) for job in jobs if CHECK in job.checks], pool, listen)
    return run


def rows(run: Run) -> dict[str, tuple[str, Outcome]]:
    """Name to the policy and the outcome of the experiment; the reference has no name."""
    names = {entry.content: entry.submission for entry in run.gradebook.handed_in()}
    return {names.get(key.content, ""): (key.policy, outcome) for key, outcome in run.gradebook.every()}


@pytest.mark.skipif(available() is not None, reason=f"needs the sandbox: {available()}")
def test_who_agrees_takes_over_who_differs_is_trained_and_an_audit_finds_two_faces(
    tmp_path: Path, handed_in: list[HandedIn], pool: Pool
) -> None:
    """The reference is trained once, also when the run is stopped after that; nothing is left at the end.  With
    everybody in the sample, a function that behaves otherwise when it is trained is shown to a human."""
    with pytest.raises(KeyboardInterrupt):
        grade(tmp_path, handed_in, pool, 0.0, stop_after=1)
    run = grade(tmp_path, handed_in, pool, 0.0)
    found = rows(run)
    assert found[""][0] == "seed 0, quick" == found["twice the step"][0]
    for name in ("other algebra", "two faces"):
        policy, outcome = found[name]
        assert TAKEN_OVER in policy and outcome.state is State.PASSED
        assert outcome.evidence["training"] == "taken over from the reference"
        assert "random inputs" in str(outcome.evidence["compared with the reference"])
        assert outcome.plots == found[""][1].plots
    assert found["twice the step"][1].evidence["training"] == "its own"
    assert "bbvi.fit differs" in str(found["twice the step"][1].evidence["compared with the reference"])
    assert not [job for jobs in run.rounds((run.course.question("1.2.5"),)) for job in jobs if CHECK in job.checks]
    run = grade(tmp_path, handed_in, pool, 1.0)
    outcomes = {entry.submission: run.standing(entry.content).outcomes[CHECK] for entry in handed_in}
    assert outcomes["other algebra"].state is State.PASSED
    assert outcomes["other algebra"].evidence["training"] == "its own"
    assert outcomes["two faces"].state is State.NEEDS_HUMAN and "An audit" in outcomes["two faces"].message
    assert any(AUDITED in key.policy for key, _ in run.gradebook.every())
