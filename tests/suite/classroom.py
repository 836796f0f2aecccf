"""A class of generated submissions, each with the outcome that every one of its checks must have.

    python -m tests.suite.classroom write DIR [N]         N folders (200), named after what is in them
    evidence grade DIR --out OUT --experiments never
    python -m tests.suite.classroom verify OUT            compare all outcomes with the expected ones

Each submission is the reference with one page of it changed.  What must become of the checks is written beside the
change: by check, or by question for all its tests; every check that is not named must pass.
"""

from __future__ import annotations

import random
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from grading.assignment import Kind, load
from grading.run import Run
from grading.verdict.outcome import State

ROOT = Path(__file__).parents[2]
GAMMA = ("2.2.14", "2.2.15", "2.2.16", "2.2.17", "2.2.18")
FISHER = ("2.2.16/fisher_is_the_covariance_of_the_score", "2.2.16/fisher_is_positive_definite")
"""Checks of `fisher_information`."""
WAITS = "2.2.17/loss_and_fisher_share_a_convention"
"""A check that uses it and waits for it."""


@dataclass(frozen=True)
class Sort:
    """One sort of submission."""

    name: str
    share: int
    """How many of two hundred."""
    append: dict[str, str] = field(default_factory=dict)
    """Text added at the end of a file."""
    write: dict[str, str] = field(default_factory=dict)
    """Files replaced or added."""
    remove: tuple[str, ...] = ()
    ends: dict[str, State] = field(default_factory=dict)
    """Check or question, and the state it must end in."""

    def expected(self) -> dict[str, State]:
        """Every test of the assignment, and its state."""
        tests = [name for name, (_, check) in load().manifest().items() if check.kind is Kind.TEST]
        number = {name: name.partition("/")[0] for name in tests}
        return {name: self.ends.get(name, self.ends.get(number[name], State.PASSED)) for name in tests}


def fisher(body: str) -> dict[str, str]:
    """A `fisher_information` of one's own."""
    head = '\n\ndef fisher_information(alpha, beta, parameterization="scale"):\n'
    return {"implementations/gamma.py": head + "".join(f"    {line}\n" for line in body.splitlines())}


def on_fisher(state: State) -> dict[str, State]:
    """The checks of the Fisher matrix end like this."""
    return {**dict.fromkeys(FISHER, state), WAITS: State.NOT_RUN}


NOT_THERE = {
    **dict.fromkeys(GAMMA, State.NOT_RUN),
    **{f"{number}/derivation": State.PASSED for number in GAMMA[:4]},
}
SORTS = (
    Sort("correct", 70),
    Sort("identical", 12),
    Sort("no gamma", 12, remove=("implementations/gamma.py",), ends=NOT_THERE),
    Sort("syntax error", 12, append={"implementations/gamma.py": "\ndef broken(:\n"}, ends=NOT_THERE),
    Sort("fisher of ones", 14, fisher("import numpy as np\nreturn np.ones((2, 2))"), ends=on_fisher(State.FAILED)),
    Sort("fisher is none", 10, fisher("pass"), ends=on_fisher(State.FAILED)),
    Sort("fisher is text", 6, fisher("return 'sorry'"), ends=on_fisher(State.FAILED)),
    Sort("fisher is nan", 6, fisher("import math\nreturn [[math.nan] * 2] * 2"), ends=on_fisher(State.FAILED)),
    Sort("fisher has another shape", 8, fisher("import numpy as np\nreturn np.eye(3)"), ends=on_fisher(State.FAILED)),
    Sort("fisher raises", 12, fisher("raise ValueError('no idea')"), ends=on_fisher(State.ERROR)),
    Sort("exits", 8, fisher("import os\nos._exit(0)"), ends=on_fisher(State.ERROR)),
    Sort("skips", 6, fisher("import pytest\npytest.skip('passed')"), ends=on_fisher(State.ERROR)),
    Sort("kills its parent", 4, fisher("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(0)"),
         ends=on_fisher(State.ERROR)),
    Sort("never returns", 2, fisher("while True:\n    pass"), ends=on_fisher(State.TIMEOUT)),
    Sort("brings a conftest", 10, write={"conftest.py": "def pytest_runtest_makereport(): raise SystemExit(0)\n"}),
    Sort("shadows numpy", 8, write={"numpy.py": "raise SystemExit(0)\n", "implementations/torch.py": "1 / 0\n"}),
)  # fmt: skip


def generate(folder: Path, count: int = 200, seed: int = 0) -> dict[str, Sort]:
    """Write a class; submission name to its sort."""
    total, chosen = sum(sort.share for sort in SORTS), []
    for sort in SORTS:
        chosen += [sort] * max(1, round(count * sort.share / total))
    random.Random(seed).shuffle(chosen)
    made = {f"{sort.name.replace(' ', '-')}-{place:03}": sort for place, sort in enumerate(chosen)}
    for name, sort in made.items():
        write(folder / name, name, sort)
    return made


def write(folder: Path, name: str, sort: Sort) -> None:
    """One submission; a line in its text makes it another than all others, except among the identical ones."""
    shutil.copytree(ROOT / "implementations", folder / "implementations", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "answers.md", folder)
    (folder / "submission.toml").write_text(f'name = "{name}"\n')
    for path in sort.remove:
        (folder / path).unlink()
    for path, text in sort.write.items():
        (folder / path).write_text(text)
    for path, text in sort.append.items():
        with (folder / path).open("a") as page:
            page.write(text)
    if sort.name != "identical":
        with (folder / "answers.md").open("a") as page:
            page.write(f"\nWritten by {name}.\n")


def differences(run: Run, checks: set[str] | None = None) -> list[str]:
    """`name, check: found, expected` for every outcome that is not as it must be; empty where the class is right."""
    sorts = {sort.name.replace(" ", "-"): sort for sort in SORTS}
    found = []
    for entry in run.gradebook.handed_in():
        outcomes = run.standing(entry.content).outcomes
        for check, state in sorts[entry.submission.rpartition("-")[0]].expected().items():
            if (checks is None or check in checks) and outcomes[check].state is not state:
                found.append(f"{entry.submission}, {check}: {outcomes[check].state}, expected {state}")
    return found


if __name__ == "__main__":
    if sys.argv[1] == "write":
        generate(Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 200)
    else:
        wrong = differences(Run.reopen(Path(sys.argv[2])))
        print(*wrong, f"{len(wrong)} outcomes are not as expected", sep="\n")
        sys.exit(bool(wrong))
