"""The handout's texts: questions, a heading for each answer, how to begin."""

from __future__ import annotations

from derivations.contexts import names_at
from grading.assignment import Check, Course, Kind, Question
from grading.assignment.question import DERIVATION
from grading.grade import REACHED
from grading.verdict import closed_forms

LEVELS = {"D": "Level D", "C": "Level C", "B": "Level B", "A": "Level A"}

LEVEL = f"A level is reached with {REACHED:.0%} of its points, once the levels before it are.".replace("%", " %")


def questions(chosen: tuple[Question, ...], version: str, course: Course) -> str:
    """`questions.md`: what is due when; statement, points, contract, what is checked, references."""
    late = f" Late work: {course.policy.late}." if course.policy.late and course.policy.deadlines else ""
    where = f"Handout {version}. Write derivations in `answers.md`, code in `implementations/`. {LEVEL}"
    parts = [f"# {course.title}: questions\n\n{where}{late}"]
    level = ""
    for question in chosen:
        if question.level != level:
            level = question.level
            due = course.policy.deadlines.get(level)
            parts.append(f"# {LEVELS.get(level, 'Level ' + level)}" + (f"\n\nDue {due:%Y-%m-%d %H:%M}." if due else ""))
        parts.append(question_page(question))
    return "\n\n".join(parts) + "\n"


def question_page(question: Question) -> str:
    """One question in Markdown."""
    lines = [
        f"## {question.number} {question.title}",
        "",
        f"*{in_words(question.points)}*",
        "",
        question.statement.strip(),
    ]
    lines += names(question)
    if question.functions:
        lines += ["", "To implement: " + ", ".join(f"`{name}`" for name in question.functions) + "."]
    if question.checks:
        lines += ["", "What is checked:", ""]
        lines += [check_line(check, question.points_of(check)) for check in question.checks]
    if question.references:
        lines += ["", "References: " + "; ".join(question.references) + "."]
    return "\n".join(lines)


def names(question: Question) -> list[str]:
    """The notation that the reader of derivations knows at a question which asks for one."""
    meanings = names_at(question.number)
    if not meanings or all(check.name != DERIVATION for check in question.checks):
        return []
    head = "Names in your equations; define any other before you use it, as in $S(\\mu) = \\dots$:"
    return ["", head, "", *(f"- ${latex}$: {meaning}" for latex, meaning in meanings.items())]


def check_line(check: Check, points: float) -> str:
    """`- (0.5 points) claim`, with how the verdict is reached where it is not a quick test."""
    how = {Kind.TEST: "", Kind.EXPERIMENT: " *Training run.*", Kind.PROSE: " *Read by a human.*"}[check.kind]
    return f"- ({in_words(points)}) {check.claim}{how}"


def in_words(points: float) -> str:
    """`1 point`, `0.5 points`."""
    return f"{points:g} point{'' if points == 1 else 's'}"


def answers(chosen: tuple[Question, ...]) -> str:
    """`answers.md`: a heading for every question, so that the grader knows which answer belongs where."""
    head = (
        "# Answers\n\nDerivations as displayed equations (`$$ ... $$`), one step a line; text in your own words."
        " Keep the headings: they tell the grader which answer is which."
    )
    return "\n\n".join([head, *(f"## {question.number} {question.title}" for question in chosen)]) + "\n"


def code(chosen: tuple[Question, ...]) -> str:
    """`answers.py`: a function to fill in for every closed form that is asked for."""
    return CODE_HEAD + "".join(
        f"\n\ndef {goal.name}({', '.join(closed_forms.letters(question, goal))}):\n"
        f'    """{question.number}: {goal.says}."""\n    raise NotImplementedError\n'
        for question in chosen
        for goal in closed_forms.asked(question)
    )


def readme(wheel: str, version: str, changed: bool) -> str:
    """`README.md`: from an empty environment to the first feedback; `changed` where there is a `course.toml`."""
    course = " --course course.toml" if changed else ""
    return f"""# Your work

Handout {version}. What changed since the last one is in `CHANGES.md`.

    python3 -m venv .venv && . .venv/bin/activate
    pip install ./{wheel}
    pytest

`pytest` runs the same checks that the grader runs, on this folder. It says which question fails, at which step, and
shows an example that you can paste and run.

- `pytest --question 2.2.16` checks one question, `pytest --question 2.2` a group.
- `pytest --question 1.2.5 --experiments quick` runs the trainings too, in some minutes.
- `pytest --seed random` draws other inputs. Correct work passes with any seed.
- `pytest --feedback brief` says less of a failed check, `--feedback instructor` more.
- `evidence check answers.md` reads your derivations and gives every line a verdict.
- `evidence doctor .{course}` says, before you hand in, what the grader will see.

Where things go: functions in `implementations/`, as modules or notebooks of the same names; derivations and text in
`answers.md`, under the headings that are there; closed forms, if you like, in `answers.py`. Own names and files are
mapped in `submission.toml`. Hand in this folder as a zip.
"""


CODE_HEAD = '''"""Closed forms as sympy expressions: optional, for those who prefer code to LaTeX.

Each function gets the letters of its question as symbols and returns an expression, or a list or Matrix of them:

    return loggamma(a) + Sum(log(x[n]), (n, 1, N))

Read are + - * / **, log, exp, sqrt, gamma, loggamma, digamma, trigamma, polygamma, Sum, Matrix, pi, E and x[n].
Leave out letters that you do not need.  What is not filled in here is looked for in answers.md.
"""

from sympy import *
'''

SUBMISSION_TOML = """# Your name or anonymous id, as your course wants it.
name = ""
# A group hands in once and names its members instead:
# names = ["Ada Lovelace", "Emmy Noether"]

# Own names for the contract's modules and functions go here, if you have them:
# [entry_points]
# gamma = "my_notebook.ipynb"
# "gamma.fisher_information" = "my_gamma.py:fisher"
"""


def pytest_ini(changed: bool) -> str:
    """`pytest.ini`, so that plain `pytest` checks this folder, and what the course asks.

    -rN: no list of test names.  --assert=plain: checks say what they found in words of their own, so pytest need not
    rewrite all their modules, which takes longer than to run them.
    """
    course = "--course course.toml " if changed else ""
    return f"[pytest]\naddopts = {course}-rN --assert=plain --pyargs tests\n"
