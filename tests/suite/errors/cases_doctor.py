"""`evidence doctor`: a folder that cannot be read is refused; what is wrong inside is listed, and the rest examined."""

from __future__ import annotations

from tests.suite.errors.case import Case
from tests.suite.errors.cases_check import DEEP, LONG


def folder(says: str, name: str, content: str | bytes, code: int = 0) -> Case:
    """A folder with one file, whose name the message gives."""
    return Case("evidence doctor work", (name.strip("/"), says), {f"work/{name}": content}, code)


LAYOUT = [
    Case("evidence doctor absent", ("absent: no such folder.", "Give the folder that holds submission.toml")),
    Case("evidence doctor file", ("file: no such folder.", "Give the folder"), {"file": ""}),
    Case("evidence doctor", (".: no submission; give the folder that holds answers.md and implementations/",)),
    Case("evidence doctor", ("implementations/; here/work is one",), {"here/work/answers.md": ""}),
    folder("not valid TOML", "submission.toml", "name = ", 2),
    folder("not valid TOML", "submission.toml", DEEP, 2),
    folder("not valid TOML", "submission.toml", LONG, 2),
    folder("not valid TOML", "submission.toml", b"\xff", 2),
    folder("Is a directory; make it a file, or leave it out", "submission.toml/", "", 2),
    folder('[entry_points] must hold lines such as gamma = "my_gamma.py"', "submission.toml", "entry_points = 3", 2),
    folder('names must be a list such as ["Ada", "Emmy"]', "submission.toml", 'names = "Ada"', 2),
    folder(
        "no module or function of the assignment has this name", "submission.toml", '[entry_points]\nalpha = "a.py"'
    ),
]

MODULES = [
    folder("the submission has no implementations/gamma.py", "answers.md", ""),
    folder("gamma.py does not define it", "gamma.py", "x = 1\n"),
    folder("takes (a); the contract says (alpha, beta,", "gamma.py", "def fisher_information(a):\n    pass\n"),
    folder("line 2: invalid syntax. Python cannot read the file.", "gamma.py", "x = 1\nx x\n"),
    folder("line 2: importing it raised ZeroDivisionError: division by zero", "gamma.py", "x = 1\nx / 0\n"),
    folder("importing it raised SystemExit: 3", "gamma.py", "raise SystemExit(3)\n"),
    folder("not a Jupyter notebook", "gamma.ipynb", "{}"),
    folder("not a Jupyter notebook", "gamma.ipynb", "[" * 100_000),
    folder("cell 1: invalid syntax", "gamma.ipynb", '{"cells": [{"cell_type": "code", "source": ["x x"]}]}'),
    folder("cell 1: not run", "gamma.ipynb", '{"cells": [{"cell_type": "code", "source": ["a, b = f()"]}]}'),
]

ANSWERS = [
    folder("the submission has no answers.md", "gamma.py", ""),
    folder("missing 1.1.1, 1.1.2, 1.1.3, ", "answers.md", "## 1.1.1\n"),
    folder("the course has no such question; what stands under this heading", "answers.md", "## 9.9.9\n\nA text.\n"),
    folder("it cannot be read: line 1, column 1: the front matter is not TOML", "answers.md", "+++\na =\n+++\n"),
    folder("it cannot be read: a context is a table", "answers.md", "+++\ncontext = 3\n+++\n## 1.1.1\n$$a = b$$\n"),
    folder("line 3): line 3, column 1: this cannot stand here at `^`", "answers.md", "## 1.1.1\n\n$$^$$\n"),
    folder("importing it raised NameError", "answers.py", "x = y\n"),
]

FORMULAS = {
    "1 +": "this is no Python expression",
    "-" * 9_000 + "1": "this is nested too deeply, or holds a number too long to be read",
    "a" * 20_001: "more than 20000 characters",
    "+".join("1" * 400): "more than 300 operators inside each other",
    "[[1, 2], [3]]": "the rows of a matrix have different lengths, or there are none",
    "'a'": "a number of at most 40 digits can stand here",
    "x.y": "only numbers, letters, + - * / ** and known functions can stand here",
    "mu[1]": "only data has members, such as x[n]",
    "not mu": "only a sign can stand before a term",
    "1 % 2": "the operators are + - * / **",
    "log(x=1)": "functions take no keywords, and there are at most a few hundred of them",
    "sin(1)": "sin is no function of so many arguments that can be read; there are log, exp",
    "polygamma(20, mu)": "the order of polygamma is a number from 0 to 10",
    "Sum(mu, 1)": "the limits of a sum are written (n, 1, N)",
    "1/0": "a division by zero",
}


def formula(text: str, says: str) -> Case:
    """A closed form that gives this text."""
    return folder(f"1.2.4 log_prior (answers.py): {says}", "answers.py", f"def log_prior():\n    return {text!r}\n")


CASES = [*LAYOUT, *MODULES, *ANSWERS, *(formula(text, says) for text, says in FORMULAS.items())]
