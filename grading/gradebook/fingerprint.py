"""The identity of a check: a hash of everything of ours that its verdict is computed by.

That is the source of its test, what else stands at the top level of its file, and all modules that these import,
directly or not, from the rooms named in `ROOMS`.  So an edited check reruns itself and no other, an edited helper
reruns the checks that use it, and an edited comment in a report template reruns nothing.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("tests", "derivations", "grading.montecarlo", "grading.claims", "grading.experiments")


def fingerprints(folder: Path = PROJECT / "tests") -> dict[str, str]:
    """Check identifier to fingerprint, for every marked test in `test_*.py` of this folder."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("test_*.py")):
        tree = ast.parse(path.read_bytes(), filename=str(path))
        tests = {identifier: node for node in tree.body for identifier in identifiers_of(node)}
        rest = [node for node in tree.body if node not in tests.values()]
        shared = digest([ast.unparse(rest_node) for rest_node in rest] + sorted(imported(tree)))
        found |= {name: digest([shared, ast.unparse(node)]) for name, node in tests.items()}
    return found


def identifiers_of(node: ast.AST) -> Iterator[str]:
    """`2.2.16/fisher_is_positive_definite` of a test marked with its question, nothing of anything else."""
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.question":
                yield f"{ast.literal_eval(mark.args[0])}/{node.name.removeprefix('test_')}"


def imported(tree: ast.Module) -> Iterator[str]:
    """`name: hash` of every module of our rooms that these imports reach."""
    reached: set[str] = set()
    waiting = list(names_in(tree))
    while waiting:
        name = waiting.pop()
        path = module_path(name)
        if name in reached or path is None or not name.startswith(ROOMS):
            continue
        reached.add(name)
        code, further = module_source(path)
        waiting += further
        yield f"{name}: {code}"


@cache
def module_source(path: Path) -> tuple[str, tuple[str, ...]]:
    """A module's hash and the names that it imports."""
    tree = ast.parse(path.read_bytes(), filename=str(path))
    return digest([ast.unparse(tree)]), tuple(names_in(tree))


def names_in(tree: ast.Module) -> Iterator[str]:
    """Modules that the import statements may mean: `from a.b import c` is a, a.b and perhaps a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[: length + 1]) for length in range(len(parts)))


def module_path(name: str) -> Path | None:
    """The file of one of our modules; None where the name is no module of ours."""
    base = PROJECT.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def digest(parts: list[str]) -> str:
    """A short hash of some text, 16 hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
