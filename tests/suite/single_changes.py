"""One change of one operator, number or condition of a reference module at a time, by cosmic-ray."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

REFERENCE = Path(__file__).parents[2] / "implementations"
ARITHMETIC = ("Add", "Sub", "Mul", "Div", "Pow")
COMPARISON = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")


@dataclass(frozen=True)
class Generated:
    """One change of one module."""

    module: str
    function: str
    """The top-level function or class it is in."""
    operator: str
    line: int
    was: str
    becomes: str
    text: str
    """The whole module, changed."""

    @property
    def key(self) -> str:
        """Stable while the changed line stays: where it is, what it was and what it becomes."""
        return f"{self.module}.{self.function}: {self.was} -> {self.becomes}"


def operators() -> list[str]:
    """cosmic-ray's operators, without those that almost always end in a TypeError (bitwise, identity)."""
    pairs = {f"ReplaceBinaryOperator_{a}_{b}" for a in ARITHMETIC for b in ARITHMETIC}
    pairs |= {f"ReplaceComparisonOperator_{a}_{b}" for a in COMPARISON for b in COMPARISON}
    single = {"AddNot", "NumberReplacer", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse"}
    single |= {"ReplaceFalseWithTrue", "ReplaceUnaryOperator_Delete_USub", "ZeroIterationForLoop"}
    return [name for name in sorted(operator_names()) if name.partition("/")[2] in pairs | single]


def mutants_of(module: str) -> Iterator[Generated]:
    """Every change of one module that alters its meaning to Python (docstrings and annotations do not count)."""
    code = (REFERENCE / f"{module}.py").read_text(encoding="utf-8")
    meaning = essence(code)
    for name in operators():
        occurrence = 0
        while (mutated := mutate_code(code.encode(), get_operator(name)(), occurrence)) is not None:
            text = mutated if isinstance(mutated, str) else mutated.decode()
            if essence(text) != meaning:
                line, was, becomes = difference(code, text)
                yield Generated(module, enclosing(code, line), name.partition("/")[2], line, was, becomes, text)
            occurrence += 1


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


def enclosing(code: str, line: int) -> str:
    """The top-level function or class that a line belongs to; empty outside of all."""
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0):
            return node.name
    return ""
