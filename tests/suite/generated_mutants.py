"""Mutants of the reference made by cosmic-ray, so that the corpus is not only what we thought of.

    python -m tests.suite.generated_mutants [--sample 300] [--shard 0/2] [--out docs/generated_mutants.csv]

Each mutant changes one operator, number or condition of one reference module; a fork of this process then runs the
checks of the questions about that module, and about those that import it, until one fails: those of the function it is
in first, no experiments. Results are appended as they come, and what is there is not run again. A survivor is a check
that is missing, or a mutant that is as right as the original; the latter are listed with their reason in
`equivalent_mutants.toml`.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from grading.assignment import contract, load
from grading.assignment.question import DERIVATION
from grading.submission import InProcess, Submission
from tests.suite.killing import RunnableCheck, all_checks
from tests.suite.mutants import MUTANTS
from tests.suite.mutation_score import COLUMNS, RECORD, read, scores
from tests.suite.single_changes import REFERENCE, Generated, mutants_of

SECONDS = 20
"""Of processor time. A module's checks take one or two; a mutant that takes this long hangs, which is noticed too."""


def checks_for(module: str, function: str) -> list[RunnableCheck]:
    """The checks of the questions about this module and those that import it; the function's own questions first."""
    modules = {module, *users(module)}
    asked = {m.question for m in MUTANTS if m.function.partition(".")[0] in modules}
    own = {m.question for m in MUTANTS if m.function == f"{module}.{function}"}
    found = [check for check in all_checks() if check.question in asked and check.name != DERIVATION]
    return sorted(found, key=lambda check: check.question not in own)


def users(module: str) -> list[str]:
    """The reference's modules that import from this one, and so change with it."""
    line = f"from implementations.{module} import"
    return [path.stem for path in REFERENCE.glob("*.py") if line in path.read_text(encoding="utf-8")]


def killer(mutant: Generated) -> str:
    """The check that fails on it, or empty."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(REFERENCE, folder / "implementations")
        (folder / "implementations" / f"{mutant.module}.py").write_text(mutant.text, encoding="utf-8")
        submission = Submission(InProcess(folder))
        for check in checks_for(mutant.module, mutant.function):
            try:
                if check.verdict(submission) is not None:
                    return check.identifier
            except Exception as error:  # hypothesis' own complaints (results that vary) are a kill too
                return f"{check.identifier} ({type(error).__name__})"
    return ""


def in_fork(mutant: Generated) -> tuple[str, float]:
    """`killer` in a child process, and its seconds of processor; one that hangs or dies is killed by that."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        os.write(writer, json.dumps(killer(mutant)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    _, status, usage = os.wait4(child, 0)
    killed_by = json.loads(text) if text else ("hangs" if os.WIFSIGNALED(status) else "dies")
    return killed_by, usage.ru_utime + usage.ru_stime


def chosen(sample: int, shard: tuple[int, int]) -> list[Generated]:
    """All mutants of what the questions ask for, or the same share of each module's; shuffled, but the same every time.

    So a run that is cut short has measured a random sample.
    """
    asked = [name.split(".") for question in load().questions for name in question.functions]
    found = {module: list(mutants_of(module, [f for m, f in asked if m == module])) for module in contract()}
    share = min(1.0, sample / sum(map(len, found.values()))) if sample else 1.0
    rng = random.Random(0)
    drawn = [m for every in found.values() for m in rng.sample(every, math.ceil(share * len(every)))]
    rng.shuffle(drawn)
    return drawn[shard[0] :: shard[1]]


def measure(mutants: list[Generated], path: Path) -> None:
    """Run those that the file does not have yet, and append them to it."""
    done = {row["key"] for row in read(path)}
    all_checks()  # imported here once, not in every fork
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not done:
            writer.writeheader()
        for place, mutant in enumerate(mutants, start=1):
            if mutant.key not in done:
                killed_by, seconds = in_fork(mutant)
                values = (mutant.key, mutant.operator, mutant.line, killed_by, f"{seconds:.1f}")
                writer.writerow(dict(zip(COLUMNS, values, strict=True)))
                file.flush()
                done.add(mutant.key)
                print(f"{place}/{len(mutants)} {killed_by or 'SURVIVES: ' + mutant.key}", flush=True)


def main() -> None:
    """Run the mutants and say how many were killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=RECORD)
    parser.add_argument("--sample", type=int, default=0, help="about how many, drawn at random; 0 takes all")
    parser.add_argument("--shard", default="0/1", metavar="I/N")
    options = parser.parse_args()
    first, _, count = options.shard.partition("/")
    measure(chosen(options.sample, (int(first), int(count))), options.out)
    for module, score in scores(read(options.out)).items():
        print(f"{module}: {score}, {score.share:.1%}")


if __name__ == "__main__":
    main()
