"""One change of one operator, number or condition of a reference module at a time, by cosmic-ray."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
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


def mutants_of(module: str, functions: Iterable[str]) -> Iterator[Generated]:
    """Every change, in these functions and what they use, that alters the module's meaning to Python.

    Docstrings and annotations do not count.
    """
    code = (REFERENCE / f"{module}.py").read_text(encoding="utf-8")
    meaning, wanted = essence(code), reached(code, functions)
    for name in operators():
        occurrence = 0
        while (mutated := mutate_code(code.encode(), get_operator(name)(), occurrence)) is not None:
            text = mutated if isinstance(mutated, str) else mutated.decode()
            if essence(text) != meaning:
                line, was, becomes = difference(code, text)
                if (function := enclosing(code, line)) in wanted:
                    yield Generated(module, function, name.partition("/")[2], line, was, becomes, text)
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
    """The top-level definition that a line belongs to; empty outside of all."""
    return next((n for n, node in definitions(code).items() if node.lineno <= line <= (node.end_lineno or 0)), "")


def definitions(code: str) -> dict[str, ast.stmt]:
    """Top-level functions, classes and constants by name."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        if isinstance(node, ast.Assign):
            found |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
    return found


def reached(code: str, start: Iterable[str]) -> set[str]:
    """What these definitions are made of, by name: themselves, and all that they mention."""
    defined, found, left = definitions(code), set[str](), list(start)
    while left:
        name = left.pop()
        if name in defined and name not in found:
            found.add(name)
            left += [node.id for node in ast.walk(defined[name]) if isinstance(node, ast.Name)]
    return found
