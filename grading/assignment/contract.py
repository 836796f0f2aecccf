"""The contract: what a submission's modules must offer, read from the stubs without running them.

A stub page is at once the specification (signature, shapes, units), the file handed out to students and the list
that checks and the doctor go by.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STUBS = Path(__file__).parent / "stubs"


@dataclass(frozen=True)
class ContractFunction:
    """A function (or class) that a module must offer."""

    module: str
    name: str
    parameters: tuple[str, ...]
    doc: str
    source: str

    @property
    def qualified(self) -> str:
        """`gamma.fisher_information`."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class ContractModule:
    """One stub page."""

    name: str
    doc: str
    tensors: bool
    """True where arrays cross as torch tensors: the page imports torch."""
    functions: dict[str, ContractFunction]
    page: Path


@cache
def contract(own: tuple[Path, ...] = ()) -> dict[str, ContractModule]:
    """All contract modules by name: the assignment's, and those in the folders of a course's own questions."""
    pages = [path for folder in (STUBS, *own) for path in sorted(folder.glob("*.py"))]
    return {path.stem: read_stub(path) for path in pages if not path.stem.startswith(("_", "test_", "conftest"))}


def read_stub(path: Path) -> ContractModule:
    """Parse one stub page."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, filename=str(path))
    functions = {
        node.name: ContractFunction(
            path.stem,
            node.name,
            parameters_of(node),
            ast.get_docstring(node) or "",
            ast.get_source_segment(text, node) or "",
        )
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    return ContractModule(path.stem, ast.get_docstring(tree) or "", imports_torch(tree), functions, path)


def parameters_of(node: ast.FunctionDef | ast.ClassDef) -> tuple[str, ...]:
    """Parameter names in order; of a class, those of its `__init__`."""
    if isinstance(node, ast.ClassDef):
        inits = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
        return parameters_of(inits[0])[1:] if inits else ()
    return tuple(each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))


def imports_torch(tree: ast.Module) -> bool:
    """Does the page import torch?"""
    names = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    sources = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    return any(name.split(".")[0] == "torch" for name in names + sources)
