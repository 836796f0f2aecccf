"""The identity of a check: a hash of everything of ours that its verdict is computed by.

That is the source of its test, what else stands at the top level of its file, and all modules that these import,
directly or not, from the rooms named in `ROOMS`, with the data files beside them.  So an edited check reruns itself and
no other, an edited helper reruns the checks that use it, and an edited comment or report template reruns nothing.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from grading.places import CHECKS, PROJECT

ROOMS = (
    "tests",
    "derivations",
    "grading.montecarlo",
    "grading.verdict.claims",
    "grading.verdict.closed_forms",
    "grading.experiments",
)
DATA = (".lark", ".toml", ".json", ".csv")


def fingerprints(checks: Iterable[str], folders: Sequence[Path] = (CHECKS,)) -> dict[str, str]:
    """Check identifier to fingerprint; a check without a test has none.

    The check `2.2.16/name` is the test `test_name`.  Should several files have one of that name, all of them count.
    """
    tests: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted(folder.glob("test_*.py")):
            for name, mark in file_fingerprints(path).items():
                tests.setdefault(name, []).append(mark)
    named = {check: "test_" + check.partition("/")[2] for check in checks}
    return {check: digest(tests[name]) for check, name in named.items() if name in tests}


def file_fingerprints(path: Path) -> dict[str, str]:
    """The tests of one file: each is its own source and everything that the file's tests share."""
    tree = ast.parse(path.read_bytes(), filename=str(path))
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    rest = [ast.unparse(node) for node in tree.body if node not in tests]
    shared = digest(rest + sorted(imported(tree)))
    return {node.name: digest([shared, ast.unparse(node)]) for node in tests}


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
    """A module's hash, with the data files beside it, and the names that it imports."""
    tree = ast.parse(path.read_bytes(), filename=str(path))
    data = [each.read_text(encoding="utf-8") for each in sorted(path.parent.iterdir()) if each.suffix in DATA]
    return digest([ast.unparse(tree), *data]), tuple(names_in(tree))


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
