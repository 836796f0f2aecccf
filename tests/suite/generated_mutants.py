"""Mutants of the reference made by cosmic-ray, so that the corpus is not only what we thought of.

    python -m tests.suite.generated_mutants --out out/mutants.jsonl [--sample 300] [--shard 0/2]

Each mutant changes one operator, number or condition of one reference module; a fork of this process then runs the
checks of that module's questions on it until one fails. Results are appended as they come, and what is there is not
run again. A survivor is a check that is missing, or a mutant that means the same as the original; the latter are
listed with their reason in `equivalent_mutants.toml`.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

from grading.assignment import contract, load
from grading.submission import InProcess, Submission
from tests.suite.killing import RunnableCheck, all_checks

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).parent / "equivalent_mutants.toml"
SECONDS = 60
ARITHMETIC = ("Add", "Sub", "Mul", "Div", "Pow")
COMPARISON = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")


@dataclass(frozen=True)
class Generated:
    """One change: the n-th place where an operator applies in a module."""

    module: str
    operator: str
    occurrence: int
    line: int
    was: str
    becomes: str

    @property
    def key(self) -> str:
        """Stable while the module's text stays: module, changed line and what it becomes."""
        return f"{self.module}: {self.was} -> {self.becomes}"


def operators() -> list[str]:
    """cosmic-ray's operators, without those that almost always end in a TypeError (bitwise, identity)."""
    pairs = {f"ReplaceBinaryOperator_{a}_{b}" for a in ARITHMETIC for b in ARITHMETIC}
    pairs |= {f"ReplaceComparisonOperator_{a}_{b}" for a in COMPARISON for b in COMPARISON}
    single = {"AddNot", "NumberReplacer", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse"}
    single |= {"ReplaceFalseWithTrue", "ReplaceUnaryOperator_Delete_USub", "ZeroIterationForLoop"}
    return [name for name in sorted(operator_names()) if name.partition("/")[2] in pairs | single]


def mutants_of(module: str) -> Iterator[Generated]:
    """Every change of one module that alters its meaning to Python (docstrings and annotations do not count)."""
    code = source(module)
    for name in operators():
        occurrence = 0
        while (mutated := mutate_code(code.encode(), get_operator(name)(), occurrence)) is not None:
            text = mutated if isinstance(mutated, str) else mutated.decode()
            if essence(text) != essence(code):
                line, was, becomes = difference(code, text)
                yield Generated(module, name, occurrence, line, was, becomes)
            occurrence += 1


def source(module: str) -> str:
    """The reference module's text."""
    return (ROOT / "implementations" / f"{module}.py").read_text(encoding="utf-8")


def essence(text: str) -> str:
    """The syntax tree without annotations and docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            node.body = node.body[bool(ast.get_docstring(node)) :] or [ast.Pass()]
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


def difference(code: str, mutated: str) -> tuple[int, str, str]:
    """Number and both texts of the first line that differs."""
    pairs = zip(code.splitlines(), mutated.splitlines(), strict=False)
    number, (a, b) = next((n, pair) for n, pair in enumerate(pairs, start=1) if pair[0] != pair[1])
    return number, a.strip(), b.strip()


def checks_for(module: str) -> list[RunnableCheck]:
    """The checks of the questions that ask for functions of this module, derivations aside."""
    numbers = {q.number for q in load().questions if any(f.startswith(module + ".") for f in q.functions)}
    return [check for check in all_checks() if check.question in numbers and check.name != "derivation"]


def killer(mutant: Generated) -> str:
    """The check that fails on it, or empty; runs in a fork of its own."""
    text = mutate_code(source(mutant.module).encode(), get_operator(mutant.operator)(), mutant.occurrence)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(ROOT / "implementations", folder / "implementations")
        (folder / "implementations" / f"{mutant.module}.py").write_bytes(
            text.encode() if isinstance(text, str) else text
        )
        submission = Submission(InProcess(folder))
        for check in checks_for(mutant.module):
            try:
                if check.verdict(submission) is not None:
                    return check.identifier
            except Exception as error:  # hypothesis' own complaints (results that vary) are a kill too
                return f"{check.identifier} ({type(error).__name__})"
    return ""


def in_fork(mutant: Generated) -> str:
    """`killer` in a child process; one that hangs or dies is killed by that."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        os.write(writer, json.dumps(killer(mutant)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if text else ("hangs" if os.WIFSIGNALED(status) else "dies")


def equivalent() -> dict[str, str]:
    """Reasons by key."""
    return tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.exists() else {}


def chosen(sample: int, shard: tuple[int, int]) -> list[Generated]:
    """All mutants of all contract modules, or a random sample of them that is the same every time."""
    found = [mutant for module in contract() for mutant in mutants_of(module)]
    if sample and sample < len(found):
        found = random.Random(0).sample(found, sample)
    return found[shard[0] :: shard[1]]


def main() -> None:
    """Run the mutants and say how many were killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=0, help="how many, drawn at random; 0 takes all")
    parser.add_argument("--shard", default="0/1", metavar="I/N")
    options = parser.parse_args()
    first, _, count = options.shard.partition("/")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    done = (
        {row["key"]: row for row in map(json.loads, options.out.read_text().splitlines())}
        if options.out.exists()
        else {}
    )
    mutants = chosen(options.sample, (int(first), int(count)))
    with options.out.open("a") as out:
        for place, mutant in enumerate(mutants, start=1):
            if mutant.key not in done:
                row = asdict(mutant) | {"key": mutant.key, "killed_by": in_fork(mutant)}
                done[mutant.key] = row
                print(json.dumps(row), file=out, flush=True)
                print(f"{place}/{len(mutants)} {row['killed_by'] or 'SURVIVES: ' + mutant.key}", flush=True)
    report([done[mutant.key] for mutant in mutants])


def report(rows: list[dict]) -> None:
    """Killed, equivalent and surviving, by module."""
    reasons = equivalent()
    counts = Counter(
        (row["module"], "killed" if row["killed_by"] else "equivalent" if row["key"] in reasons else "survives")
        for row in rows
    )
    for module in sorted({row["module"] for row in rows}):
        print(module, {state: counts[module, state] for state in ("killed", "equivalent", "survives")})
    killed = sum(bool(row["killed_by"]) for row in rows)
    relevant = len(rows) - sum(n for (_, state), n in counts.items() if state == "equivalent")
    print(f"{killed} of {relevant} mutants that mean something else are killed ({killed / max(relevant, 1):.1%})")


if __name__ == "__main__":
    main()
