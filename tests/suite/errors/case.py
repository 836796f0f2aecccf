"""A command line with what it is given, and what comes of it."""

from __future__ import annotations

import html
import importlib
import io
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import (
    AbstractContextManager,
    ExitStack,
    chdir,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
)
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from grading.cli import main
from tests.suite.errors.census import Place
from tests.suite.errors.heard import listening
from tests.suite.errors.page import post


@dataclass(frozen=True, eq=False)
class Case:
    """One mistake of a user.  It is run in an empty folder."""

    command: str
    """As it is typed."""
    says: tuple[str, ...]
    """What the message must hold: the file, the line or key, what is wrong and what to do."""
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    """Written before; a name that ends in a slash is a folder."""
    code: int = 2
    prepare: Callable[[], object] = lambda: None
    """Called in the folder, after the files are there."""
    machine: Callable[[], AbstractContextManager[Any]] = nullcontext
    """What this machine would have to be like."""
    page: str = ""
    """The file in which the message is shown, where that is not the terminal."""

    def __str__(self) -> str:
        return f"{self.command[:60]} {self.says[-1][:40]}"


@dataclass(frozen=True)
class Result:
    """What a command printed, its exit code, and the places that made messages on the way."""

    code: int
    text: str
    places: frozenset[Place]


@cache
def result_of(case: Case) -> Result:
    """Run a case, once."""
    out = io.StringIO()
    with ExitStack() as around:
        around.enter_context(chdir(around.enter_context(tempfile.TemporaryDirectory())))
        write(case.files)
        case.prepare()
        around.enter_context(patch.dict(os.environ, {"COLUMNS": "400", "TERM": "dumb", "NO_COLOR": "1"}))
        around.enter_context(own_modules())
        around.enter_context(case.machine())
        around.enter_context(redirect_stdout(out))
        around.enter_context(redirect_stderr(out))
        heard = around.enter_context(listening())
        program, *arguments = shlex.split(case.command)
        code = PROGRAMS[program](arguments)
        text = out.getvalue() + (Path(case.page).read_text(encoding="utf-8") if case.page else "")
    return Result(code, " ".join(html.unescape(text).split()), frozenset(heard))


def write(files: Mapping[str, str | bytes]) -> None:
    """Files and folders."""
    for name, content in files.items():
        path = Path(name)
        if name.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


@contextmanager
def own_modules() -> Iterator[None]:
    """Submitted modules are imported in this very process, as `implementations.gamma` or `gamma`; none stays."""
    path, kept = list(sys.path), {name: sys.modules.pop(name) for name in named("implementations")}
    try:
        yield
    finally:
        here = {name for name, each in sys.modules.items() if is_below(each, Path.cwd())}
        for name in here.union(named("implementations")):
            del sys.modules[name]
        sys.modules.update(kept)
        sys.path[:] = path


def named(package: str) -> list[str]:
    """A package and what is imported of it."""
    return [name for name in sys.modules if name.partition(".")[0] == package]


def is_below(imported: ModuleType, folder: Path) -> bool:
    """Does the module's file lie in this folder?"""
    return str(getattr(imported, "__file__", None)).startswith(f"{folder}/")


def evidence(arguments: list[str]) -> int:
    """`evidence ARGUMENTS`, by its own entry point."""
    return exit_code(main, "evidence", arguments)


def checks(arguments: list[str]) -> int:
    """`pytest ARGUMENTS` in a handed-out folder."""
    Path("pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    return int(pytest.main(["-p", "no:cacheprovider", "--rootdir=.", *arguments]))


def module(arguments: list[str]) -> int:
    """`python -m NAME ARGUMENTS`, a module with a `main`."""
    _, name, *rest = arguments
    return exit_code(importlib.import_module(name).main, name, rest)


def exit_code(run: Callable[[], object], name: str, arguments: list[str]) -> int:
    """What a program that reads `sys.argv` ends with."""
    with patch.object(sys, "argv", [name, *arguments]):
        try:
            return int(run() or 0)  # type: ignore[call-overload]
        except SystemExit as end:
            return int(end.code or 0)


PROGRAMS: dict[str, Callable[[list[str]], int]] = {
    "evidence": evidence,
    "pytest": checks,
    "python": module,
    "POST": post,
}
