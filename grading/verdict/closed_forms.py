"""Closed forms in `answers.py`: an alternative to LaTeX where a question wants a formula.

A goal with a `name` is a function there that takes letters of the question and returns a sympy expression.  The
expression crosses the boundary as text, is read by a whitelist, and is compared with the goal's definition.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from sympy import Indexed, Symbol, Tuple

from derivations.closed_form import Formula
from derivations.context import Context
from derivations.contexts import context_of
from derivations.decide import decide
from derivations.goals.goal import Goal
from derivations.language import Relation, Sign
from derivations.reader import read_expression
from derivations.reader.code import CONSTANTS, FUNCTIONS, OTHERS, read_code
from derivations.verdict import Counterexample, Verdict
from grading.assignment import Question
from grading.submission import Submission

SIZE = re.compile(r"\b(N) = (\d+)")
"""How many data there are, in the words of a counterexample."""


def asked(question: Question) -> list[Goal]:
    """The closed forms that a question wants."""
    return [goal for goal in question.goals if goal.name and goal.find]


def written(submission: Submission, question: Question) -> dict[str, str]:
    """The texts that a submission gives, by name; a function that is not there or not written yet gives none.

    Raises:
        Problem: `answers.py` cannot be imported, or the function raises.
    """
    known = assumptions(context_of(question.number)) if asked(question) else {}
    texts = {goal.name: submission.closed_form(goal.name, known) for goal in asked(question)}
    return {name: text for name, text in texts.items() if text is not None}


def assumptions(context: Context) -> dict[str, dict[str, bool]]:
    """What a question says of its letters, as keywords of `sympy.Symbol`; data has none."""
    return {
        **{name: {"negative": True} for name in context.negative},
        **{name: {"positive": True} for name in context.positive},
        **{name: {"integer": True, "positive": True} for name in context.integers},
        **{name: {} for name in context.indexed},
    }


def verdict(question: Question, goal: Goal, text: str) -> Verdict:
    """Is it what the goal defines?  Raises ReadError."""
    context = context_of(question.number)
    left, right = read_expression(goal.find, context), read_code(text, context)
    return decide(Relation(left, Sign.EQUAL, right), context)


def letters(question: Question, goal: Goal) -> list[str]:
    """The letters that the definition is about, in an order for a signature: data and its index last."""
    context = context_of(question.number)
    own = tuple(d for d in context.definitions if not isinstance(d.left, Symbol) or isinstance(d.right, Tuple))
    formula = Formula(replace(context, definitions=own))(read_expression(goal.find, context))
    data = {str(each.base.label) for each in formula.atoms(Indexed)}
    names = {each.name for each in formula.free_symbols if isinstance(each, Symbol)} - data
    return [*sorted(names - {"N"}), *sorted(data), *(["n", "N"] if data else [])]


def example(text: str, found: Counterexample) -> str:
    """Runnable Python: the student's own formula at the point where the definition gives something else."""
    nodes = list(ast.walk(ast.parse(text.strip(), mode="eval")))
    data = {node.value.id for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)}
    letters = {node.id for node in nodes if isinstance(node, ast.Name)} - {*data, *FUNCTIONS, *OTHERS, *CONSTANTS}
    lines = ["from sympy import *"]
    lines += [f"{', '.join(sorted(letters))} = symbols({' '.join(sorted(letters))!r})"] if len(letters) > 1 else []
    lines += [f"{name} = Symbol({name!r})" for name in letters if len(letters) == 1]
    lines += [f"{name} = IndexedBase({name!r})" for name in sorted(data)]
    lines += [f"written = Matrix({text})" if text.startswith("[") else f"written = {text}"]
    point = found.where.replace(" =", ":") if " = " in found.where else ""
    sizes = "".join(f".subs({name}, {value})" for name, value in SIZE.findall(found.where))
    return "\n".join([*lines, f"print(written{sizes}.doit().subs({{{point}}}).evalf())"])
