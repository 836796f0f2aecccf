"""A notebook counts as a module: its imports, definitions and constants are loaded, its experiments are not run."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CONSTANT_CALLS = {
    "float",
    "int",
    "bool",
    "str",
    "tuple",
    "list",
    "dict",
    "set",
    "frozenset",
    "range",
    "len",
    "log",
    "sqrt",
    "exp",
    "pi",
    "device",
    "is_available",
    "default_rng",
    "array",
    "asarray",
    "tensor",
    "zeros",
    "ones",
    "eye",
    "full",
    "arange",
    "linspace",
}
"""Functions cheap and pure enough to be part of a constant, such as `np.log(2 * np.pi)` or `torch.device("cpu")`."""
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

MAGIC = ("%", "!", "?")
TIMING = {"%%time", "%%timeit", "%%capture", "%%prun"}
"""Cell magics whose cell is Python; of any other (`%%bash`) nothing is."""


class NotebookError(Exception):
    """A file that is not a notebook."""


@dataclass(frozen=True)
class Cell:
    """What a code cell defines."""

    name: str
    """`gamma.ipynb, cell 3`."""
    text: str
    tree: ast.Module
    lost: tuple[str, ...]
    """Names that what is not run would have defined."""

    @property
    def notice(self) -> str:
        """Says which those are."""
        return f"{self.name}: not run, so not defined: {', '.join(self.lost)}"


def definitions(path: Path) -> tuple[list[Cell], list[str]]:
    """The part of a notebook that a module would define, and a notice for all that is left out: each magic, each shell
    line, and each name that only an experiment would have defined.

    Raises:
        NotebookError: the file is not a Jupyter notebook.
        SyntaxError: a code cell is not Python; its file name names the cell.
    """
    cells: list[Cell] = []
    notices: list[str] = []
    for number, source in enumerate(code_cells(path), start=1):
        name, lines = f"{path.name}, cell {number}", source.splitlines()
        foreign = source.startswith("%%") and source.split()[0] not in TIMING
        dropped = [line for line in lines if foreign or line.lstrip().startswith(MAGIC) or line.rstrip().endswith("?")]
        notices += [f"{name}: not run: {line.strip()[:80]}" for line in dropped]
        text = "\n".join(
            "pass" if line in dropped and line == line.lstrip() else blank(line, dropped) for line in lines
        )
        body = ast.parse(text, filename=str(path.with_name(name))).body
        lost = dict.fromkeys(each for node in body if not defines(node) for each in bound(node))
        kept = ast.Module([node for node in body if defines(node)], type_ignores=[])
        cells.append(Cell(name, text, kept, tuple(lost)))
        if lost:
            notices.append(cells[-1].notice)
    return cells, notices


def bound(node: ast.stmt) -> Iterator[str]:
    """Functions and classes anywhere in a statement, and what it assigns at the top level."""
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef | ast.ClassDef):
            yield each.name
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))


def blank(line: str, dropped: list[str]) -> str:
    """An indented magic becomes `pass` at its own indentation."""
    return line[: len(line) - len(line.lstrip())] + "pass" if line in dropped else line


def code_cells(path: Path) -> list[str]:
    """Sources of the code cells, cell magics (`%%time`) stripped of their first line by the caller's rule."""
    try:
        cells = json.loads(path.read_bytes().decode("utf-8-sig"))["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotebookError(f"not a Jupyter notebook ({error})") from error


def defines(node: ast.stmt) -> bool:
    """Is this statement an import, a definition (`f = lambda x: ...` is one too), a constant, or a choice of those?"""
    if isinstance(node, ast.If):
        return is_constant(node.test) and all(map(defines, node.body + node.orelse))
    if isinstance(node, ast.Try):
        handled = [each for handler in node.handlers for each in handler.body]
        return all(map(defines, node.body + handled + node.orelse + node.finalbody))
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Lambda) or (node.value is not None and is_constant(node.value))
    return isinstance(node, (*DEFINITIONS, ast.Pass))


def is_constant(node: ast.expr) -> bool:
    """An expression of literals, names, operators and cheap pure calls."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            called = each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
            if called not in CONSTANT_CALLS:
                return False
        elif isinstance(each, ast.Lambda | ast.Await | ast.Yield | ast.NamedExpr | ast.Subscript):
            return False
    return True
