"""`evidence check`: files, front matter and contexts that cannot be used."""

from __future__ import annotations

from tests.suite.errors.case import Case

DEEP, LONG = "a = " + "[" * 3_000, "a = " + "9" * 5_000
"""TOML that Python's own reader answers with something else than its own error."""

FILES = [
    Case("evidence check absent.md", ("absent.md: No such file or directory", "check the path")),
    Case("evidence check folder", ("folder: Is a directory", "give another path"), {"folder/": ""}),
    Case("evidence check a.md", ("a.md:", "can't decode byte 0xff", "save it as UTF-8"), {"a.md": b"\xff\xfe"}),
    Case(
        "evidence check a.md", ("a.md: line 1", "a document of more than 2000000 characters"), {"a.md": "x" * 2_000_001}
    ),
    Case("evidence check a.md --question 1.1.1", ("--question 1.1.1", "no", "heading", "a.md"), {"a.md": "## 1.1.2\n"}),
    Case(
        "evidence check a.md --html none/a.html", ("none/a.html: No such file", "check the path"), {"a.md": "$$a = b$$"}
    ),
    Case("evidence check a.md --html folder", ("folder: Is a directory",), {"a.md": "$$a = b$$", "folder/": ""}),
]


def front(text: str, *says: str) -> Case:
    """A document with this front matter."""
    return Case("evidence check a.md", ("a.md:", *says), {"a.md": f"+++\n{text}\n+++\n## 1.1.1\n\n$$a = b$$\n"})


def context(text: str, *says: str) -> Case:
    """A context page with this text."""
    files = {"a.md": "$$a = b$$", "context.toml": text}
    return Case("evidence check a.md --context context.toml", ("context.toml:", *says), files)


FRONT = [
    front("context = ", "the front matter is not TOML"),
    front(DEEP, "the front matter is not TOML"),
    front(LONG, "the front matter is not TOML"),
    front("context = 3", "a context is a table with fields such as variables", "not 3"),
    front("contexts = 3", "contexts: write one table for each question", '[contexts."1.1.1"]'),
    front("context = { letters = 3 }", "a context has no field letters", "known: variables, indexed"),
]

CONTEXTS = [
    Case("evidence check a.md --context none.toml", ("none.toml: No such file", "check the path"), {"a.md": ""}),
    context("variables = ", "Invalid value"),
    context(DEEP, "recursion"),
    context(LONG, "limit"),
    context("letters = 3", "a context has no field letters", "known: variables, indexed"),
    context('extends = "9.9.9"', "extends: there is no context '9.9.9'", "known: 1.1.1"),
    context('gamma = "both"', 'gamma: write "rate" or "scale"'),
    context("variables = 3", "variables: write a list of names", '["x", "z"]'),
    context("names = 3", "names: write LaTeX and what it means", '"any density"'),
    context("vary = 3", "vary: this has the wrong shape"),
    context(r"vary = ['a \\ b']", "vary: line 1, column 3: a line break inside an expression"),
    context(r"vary = ['\foo']", "vary: line 1, column 1: this command is not of the language"),
    context("definitions = ['a']", "definitions: line 1, column 1: this is not one relation between two sides"),
    context("definitions = ['= a']", "definitions: line 1, column 1: nothing stands on this side"),
]

CASES = [*FILES, *FRONT, *CONTEXTS]
