"""The contract as files to fill in: modules, or notebooks with one cell a function."""

from __future__ import annotations

import ast

import nbformat

from grading.assignment import ContractModule, Question


def needed(chosen: tuple[Question, ...], modules: dict[str, ContractModule]) -> dict[str, set[str]]:
    """Function names to hand out, by module; given classes come along with their module."""
    wanted: dict[str, set[str]] = {}
    for question in chosen:
        for qualified in question.functions:
            module, _, name = qualified.partition(".")
            wanted.setdefault(module, set()).add(name)
    for module, names in wanted.items():
        names |= {name for name in modules[module].functions if name[0].isupper()}
    return wanted


def module_source(module: ContractModule, names: set[str]) -> str:
    """The stub page with only these functions."""
    source = module.page.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    for node in reversed(ast.parse(source).body):
        if (
            isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and node.name not in names
        ):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            del lines[first - 1 : node.end_lineno]
    return "".join(lines).rstrip() + "\n"


def notebook_source(module: ContractModule, names: set[str]) -> str:
    """The same as a notebook: the module's text, its imports, then a cell for each function."""
    source = module_source(module, names)
    tree = ast.parse(source)
    prose = ast.get_docstring(tree) or ""
    head = [
        ast.get_source_segment(source, node) or ""
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    rest = [node for node in tree.body[bool(prose) :] if not isinstance(node, ast.Import | ast.ImportFrom)]
    cells = [nbformat.v4.new_markdown_cell(f"# {module.name}\n\n{prose}"), nbformat.v4.new_code_cell("\n".join(head))]
    cells += [nbformat.v4.new_code_cell(ast.get_source_segment(source, node) or "") for node in rest]
    for number, cell in enumerate(cells):
        cell["id"] = f"{module.name}-{number}".replace("_", "-")
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)) + "\n"
