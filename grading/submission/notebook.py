"""A notebook counts as a module: its imports, definitions and constants are loaded, its experiments are not run."""

from __future__ import annotations

import ast
import json
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
}
"""Functions cheap and pure enough to be part of a constant, such as `np.log(2 * np.pi)` or `torch.device("cpu")`."""

MAGIC = ("%", "!", "?")
TIMING = {"%%time", "%%timeit", "%%capture", "%%prun"}
"""Cell magics whose cell is Python; of any other (`%%bash`) nothing is."""


class NotebookError(Exception):
    """A file that is not a notebook."""


def definitions(path: Path) -> tuple[ast.Module, list[str]]:
    """The part of a notebook that a module would define, and a notice for every magic or shell line left out.

    Raises:
        NotebookError: the file is not a Jupyter notebook.
        SyntaxError: a code cell is not Python; the message names the cell.
    """
    kept: list[ast.stmt] = []
    notices: list[str] = []
    for number, source in enumerate(code_cells(path), start=1):
        lines = source.splitlines()
        foreign = source.startswith("%%") and source.split()[0] not in TIMING
        dropped = [line for line in lines if foreign or line.lstrip().startswith(MAGIC) or line.rstrip().endswith("?")]
        notices += [f"{path.name}, cell {number}: not run: {line.strip()[:80]}" for line in dropped]
        text = "\n".join(
            "pass" if line in dropped and line == line.lstrip() else blank(line, dropped) for line in lines
        )
        try:
            cell = ast.parse(text, filename=f"{path.name}, cell {number}")
        except SyntaxError as error:
            error.msg = f"cell {number}: {error.msg}"
            raise
        kept += [node for node in cell.body if defines(node)]
    return ast.Module(kept, type_ignores=[]), notices


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
    """Is this statement an import, a definition (`f = lambda x: ...` is one too) or a constant?"""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Lambda) or (node.value is not None and is_constant(node.value))
    return False


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
