"""What students receive works as it comes, and gives nothing of the solution away."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
import pytest
from sympy import Expr

from derivations.context import Context
from derivations.contexts import context_of, names_at
from derivations.decide import decide
from derivations.goals.found import Found
from derivations.language import Relation, Sign
from derivations.reader import ReadError, read_expression
from grading.assignment import load, load_course
from grading.handout import HandoutError, write
from grading.places import PROJECT

SECRET = ("implementations/", "derivations/topics/", "derivations/notebooks/", "grading/examples/", "tests/suite/")
SHORTEST = 40
"""A function body shorter than this says nothing about a solution."""


@pytest.fixture(scope="module")
def handout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole handout, wheel included."""
    folder = tmp_path_factory.mktemp("handout") / "autumn"
    write(folder, load())
    return folder


def wheel_files(handout: Path) -> dict[str, str]:
    """The wheel's text files by name."""
    with zipfile.ZipFile(next(handout.glob("*.whl"))) as wheel:
        return {name: wheel.read(name).decode("utf-8", "replace") for name in wheel.namelist()}


def test_no_module_of_the_solution_is_in_the_wheel(handout: Path) -> None:
    """Reference, derivations, worked examples and mutants stay in the clone."""
    names = wheel_files(handout)
    assert names
    assert not [name for name in names if name.startswith(SECRET) or name in ("answers.md", "answers.py")]


def test_no_function_body_of_the_solution_is_handed_out(handout: Path) -> None:
    """Every statement list of the reference and of the topics, however indented, is absent from every file."""
    files = wheel_files(handout) | {str(p): p.read_text() for p in handout.rglob("*") if p.suffix in (".py", ".md")}
    everything = "\n".join(normal(text) for text in files.values())
    leaked = [name for name, body in bodies() if normal(body) in everything]
    assert leaked == []


def test_no_context_in_the_wheel_says_what_a_question_asks_for(handout: Path) -> None:
    """A context says what names mean. Where a question asks for the closed form of one, the context has only its
    definition: by densities, expectations, integrals or derivatives, without a special function."""
    pages = {name: text for name, text in wheel_files(handout).items() if name.startswith("derivations/contexts/")}
    definitions = [line for name, text in pages.items() if name.endswith(".toml") for line in rules(text)]
    assert definitions and not [line for line in definitions if re.search(r"\\Gamma\b|\\psi\b|digamma", line)]
    asked = [goal.find for question in load().questions for goal in question.goals if goal.find]
    given = [line for line in definitions if line.partition(" = ")[0] in asked]
    assert given and not [
        line for line in given if not re.search(r"\bp\(|\bq\(|text\{Gamma|mathbb|int|partial|nabla", line)
    ]


def rules(page: str) -> list[str]:
    """The definitions of a context."""
    return list(tomllib.loads(page).get("definitions", []))


def bodies() -> list[tuple[str, str]]:
    """Bodies of the reference's and the topics' functions, without docstrings."""
    found = []
    for path in [*(PROJECT / "implementations").glob("*.py"), *(PROJECT / "derivations" / "topics").glob("*.py")]:
        if path.is_symlink():  # data.py is the suite's own loader of MNIST, which students get too
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                statements = node.body[bool(ast.get_docstring(node)) :]
                text = "\n".join(ast.unparse(each) for each in statements)
                if len(normal(text)) >= SHORTEST:
                    found.append((f"{path.name}:{node.name}", text))
    return found


def normal(text: str) -> str:
    """Text without white space, and with one kind of quote."""
    return "".join(text.split()).replace('"', "'")


def test_stubs_raise_and_keep_their_docstrings(handout: Path) -> None:
    """Every asked function is there, documented, and not implemented."""
    for question in load().questions:
        for qualified in question.functions:
            module, _, name = qualified.partition(".")
            tree = ast.parse((handout / "implementations" / f"{module}.py").read_text())
            node = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
            assert ast.get_docstring(node) and ast.unparse(node.body[-1]) == "raise NotImplementedError"


def test_every_question_has_its_page_and_its_heading(handout: Path) -> None:
    """Statement, points and checks in questions.md; a heading in answers.md."""
    questions, answers = (handout / "questions.md").read_text(), (handout / "answers.md").read_text()
    for question in load().questions:
        assert f"## {question.number} {question.title}" in questions and f"## {question.number}" in answers
        assert all(check.claim in questions for check in question.checks)


def test_every_derivation_has_its_names(handout: Path) -> None:
    """The notation that the reader knows stands under each question that asks for a derivation, and can be read."""
    text = (handout / "questions.md").read_text()
    for question in load().questions:
        if any(check.name == "derivation" for check in question.checks):
            page = text.partition(f"## {question.number} ")[2].partition("\n## ")[0]
            names = names_at(question.number)
            assert names and all(f"- ${latex}$: {meaning}" in page for latex, meaning in names.items())
            assert all(read_expression(latex, context_of(question.number)) is not None for latex in names)


@pytest.mark.parametrize("number", [q.number for q in load().questions if q.goals and names_at(q.number)])
def test_no_meaning_of_a_name_is_what_the_question_asks_for(number: str) -> None:
    """No formula in words that a student is given is a form of what is to be found."""
    context, goals = context_of(number), [goal for goal in load().question(number).goals if goal.find]
    for formula in formulas(names_at(number).values(), context):
        for found in (Found(goal, context, context, decide) for goal in goals):
            claim = Relation(found.quantity, Sign.EQUAL, formula)
            assert not (found.is_form(formula) and decide(claim, context).holds), formula


def formulas(meanings: Iterable[str], context: Context) -> Iterator[Expr]:
    """The right sides of what stands between dollars, where they can be read."""
    for latex in re.findall(r"\$([^$]+)\$", " ".join(meanings)):
        try:
            term = read_expression(latex.rpartition(" = ")[2], context)
        except ReadError:
            continue
        if isinstance(term, Expr):
            yield term


def test_a_part_of_the_assignment_as_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Level D alone: its functions only, as valid notebooks."""
    monkeypatch.setattr("grading.handout.wheel.build", lambda target: target / "evidence_vi.whl")
    write(tmp_path / "d", load(), levels=["D"], notebooks=True)
    names = {path.name for path in (tmp_path / "d" / "implementations").iterdir()}
    assert names == {"normal_gamma.ipynb", "bbvi.ipynb"}
    text = (tmp_path / "d" / "implementations" / "bbvi.ipynb").read_text()
    nbformat.validate(nbformat.reads(text, as_version=4))
    assert "def fit" in text and "def control_variate" not in text


def test_wrong_wishes_are_refused_in_words(tmp_path: Path) -> None:
    """An unknown level, a folder that is not empty."""
    with pytest.raises(HandoutError, match="no such level; there are D, C, B, A"):
        write(tmp_path / "x", load_course(None), levels=["E"])
    (tmp_path / "file").touch()
    with pytest.raises(HandoutError, match="not empty"):
        write(tmp_path, load_course(None))


def test_pytest_in_the_handout_checks_the_handout(handout: Path) -> None:
    """Plain pytest there runs the checks on the stubs: they fail, and say that nothing is implemented yet."""
    command = [sys.executable, "-m", "pytest", "-q", "--question", "2.2.16", "-k", "fisher"]
    done = subprocess.run(command, cwd=handout, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "not implemented yet" in done.stdout and "Traceback" not in done.stdout


def test_pytest_inside_the_handout_checks_all_of_it(handout: Path) -> None:
    """Also from a folder in it; of the clone's own tests, where the clone is installed, none is collected."""
    command = [sys.executable, "-m", "pytest", "--collect-only"]
    done = subprocess.run(command, cwd=handout / "implementations", capture_output=True, text=True)
    assert "evidence: submission ..," in done.stdout
    assert "test_derivations" in done.stdout and "suite" not in done.stdout


COURSE = """title = "Week \\"5\\" – é"
levels = ["D", "C"]
without = ["1.2.5"]
add = ["{own}"]
[points]
"5.1.1" = 3
[text."1.2.4"]
statement = "Two\\nlines."
[deadlines]
D = 2026-12-04T23:59:00+01:00
[late]
per_day = 0.2
[limits]
epoch_minutes = 90
[extensions]
hopper_4712 = 2026-12-11T23:59:00+01:00
[[regrades]]
student = "hopper_4712"
question = "1.1.1"
text = "secret"
date = 2026-12-20
"""


def test_a_course_is_handed_out_as_it_is_graded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The course in the handout asks the very same questions; who was given more time, and why, is not in it."""
    monkeypatch.setattr("grading.handout.wheel.build", lambda target: target / "evidence_vi.whl")
    path = tmp_path / "course.toml"
    path.write_text(COURSE.replace("{own}", str(PROJECT / "docs" / "own_question" / "bayesian_linear_regression")))
    course, out = load_course(path), tmp_path / "out"
    write(out, course, path=path)
    again = load_course(out / "course.toml")
    assert (again.title, again.questions, again.limits) == (course.title, course.questions, course.limits)
    assert again.policy.deadlines == course.policy.deadlines and again.policy.late == course.policy.late
    texts = [page.read_text() for page in out.rglob("*") if page.is_file()]
    assert not [text for text in texts if "hopper" in text or "secret" in text]
    assert "Due 2026-12-04 23:59" in (out / "questions.md").read_text()
    assert "def elbo" in (out / "implementations" / "blr.py").read_text()
    command = [sys.executable, "-m", "pytest", "-q", "--question", "5.1.1"]
    done = subprocess.run(command, cwd=out, capture_output=True, text=True)
    assert done.returncode == 1 and "not implemented yet" in done.stdout, done.stdout + done.stderr


def test_a_part_of_the_assignment_checks_that_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --levels, pytest in the handout asks those levels alone."""
    monkeypatch.setattr("grading.handout.wheel.build", lambda target: target / "evidence_vi.whl")
    write(tmp_path / "d", load(), levels=["D"])
    assert {question.level for question in load_course(tmp_path / "d" / "course.toml").questions} == {"D"}
    assert "--course course.toml" in (tmp_path / "d" / "pytest.ini").read_text()
