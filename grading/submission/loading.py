"""Import a submission's files by path, without installing anything.

Submitted modules may import one another as `implementations.x`, as `x`, or relatively.  Libraries always win over
submitted files of the same name: the submission's folders come last on the import path.
"""

from __future__ import annotations

import importlib.util
import linecache
import os
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from grading.submission.folder import Layout
from grading.submission.notebook import NotebookError, definitions


class LoadError(Exception):
    """A module or function that is not there or cannot be imported; the message is for the student."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class Loader:
    """The imported files of one submission, each imported once, on first use."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.modules: dict[Path, ModuleType | LoadError] = {}
        self.notices: list[str] = []
        self.lost: dict[str, str] = {}
        """By name, the notice that a notebook did not define it."""
        install_package(layout.root)

    def function(self, module: str, name: str) -> Any:
        """The function that answers for `module.name`.  Raises LoadError."""
        path, attribute = self.layout.source_of(module, name)
        if path is None:
            raise LoadError(f"`{name}` is not there: {self.layout.absence(module, name)}")
        loaded = self.module(path)
        if not hasattr(loaded, attribute):
            raise LoadError(f"`{attribute}` is not there: {self.relative(path)} does not define it")
        return getattr(loaded, attribute)

    def module(self, path: Path) -> ModuleType:
        """Import one file; a file that failed once fails again with the same message."""
        if path not in self.modules:
            try:
                self.modules[path] = self.load(path)
            except LoadError as error:
                self.modules[path] = error
        found = self.modules[path]
        if isinstance(found, LoadError):
            raise found
        return found

    def load(self, path: Path) -> ModuleType:
        """Run a module's or notebook's definitions."""
        name = f"implementations.{path.stem}" if path.parent.name == "implementations" else path.stem
        if path.suffix == ".py" and name in sys.modules and origin(sys.modules[name]) == path:
            return sys.modules[name]
        module = importlib.util.module_from_spec(ModuleSpec(name, SourceFileLoader(name, str(path)), origin=str(path)))
        module.__file__ = str(path)
        sys.modules[name] = module
        try:
            for code in self.code(path):
                exec(code, module.__dict__)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            sys.modules.pop(name, None)
            raise LoadError(*self.blame(path, error)) from error
        return module

    def code(self, path: Path) -> list[CodeType]:
        """Compiled module text; or a notebook's definitions, cell by cell, so that a frame in one shows its line."""
        if path.suffix != ".ipynb":
            return [compile(path.read_bytes(), str(path), "exec")]
        cells, notices = definitions(path)
        self.notices += notices
        compiled = []
        for cell in cells:
            self.lost = dict.fromkeys(cell.lost, cell.notice) | self.lost
            name = str(path.with_name(cell.name))
            linecache.cache[name] = (len(cell.text), None, cell.text.splitlines(keepends=True), name)
            compiled.append(compile(cell.tree, name, "exec"))
        return compiled

    def blame(self, path: Path, error: BaseException) -> tuple[str, str]:
        """Message and traceback for a file that could not be imported."""
        where = self.relative(path)
        if isinstance(error, SyntaxError):
            spot = self.spot(error.filename or str(path), error.lineno)
            return f"{spot}: {error.msg}. Python cannot read the file.", ""
        if isinstance(error, NotebookError):
            return f"{where}: {error}", ""
        frames = [
            f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(self.layout.root)
        ]
        spot = self.spot(frames[-1].filename, frames[-1].lineno) if frames else where
        text = f"{spot}: importing it raised {type(error).__name__}: {str(error)[:300]}"
        return text, "".join(traceback.format_list(frames[-8:]))

    def spot(self, filename: str, line: int | None) -> str:
        """`implementations/gamma.py, line 3`, or `implementations/gamma.ipynb, line 3 of cell 2`."""
        file, _, cell = filename.rpartition(", cell ") if ".ipynb, cell " in filename else (filename, "", "")
        inside = Path(file).is_relative_to(self.layout.root)
        return f"{self.relative(Path(file)) if inside else file}, line {line}" + (f" of cell {cell}" if cell else "")

    def substitute(self, qualified: str, stand_in: Callable[..., Any]) -> None:
        """Put `stand_in` wherever the submission's own `module.function` is bound, in all its modules."""
        module, _, name = qualified.partition(".")
        try:
            own = self.function(module, name)
        except LoadError:
            own = None
        for loaded in [m for m in list(sys.modules.values()) if self.owns(m)]:
            for key, value in list(vars(loaded).items()):
                if value is own and own is not None:
                    setattr(loaded, key, stand_in)
        path, attribute = self.layout.source_of(module, name)
        target = self.modules.get(path) if path else None
        if isinstance(target, ModuleType):
            setattr(target, attribute, stand_in)

    def owns(self, module: ModuleType) -> bool:
        """Does this module come from the submission?"""
        path = origin(module)
        return path is not None and path.is_relative_to(self.layout.root)

    def relative(self, path: Path) -> str:
        """A path as the student knows it."""
        return str(path.relative_to(self.layout.root))


def origin(module: ModuleType) -> Path | None:
    """The file a module came from."""
    file = getattr(module, "__file__", None)
    return resolved(file) if isinstance(file, str) else None


@cache
def resolved(file: str) -> Path:
    """A path without links; looked up once, since every substitution asks it of some two thousand modules."""
    return Path(file).resolve()


def install_package(root: Path) -> None:
    """Make `implementations` mean this submission's folder, and let its files import one another by bare name.

    Plots at a module's top level are drawn into nothing: a window would wait for somebody to close it.
    """
    os.environ["MPLBACKEND"] = "Agg"
    for name in [n for n in sys.modules if n == "implementations" or n.startswith("implementations.")]:
        del sys.modules[name]
    package = ModuleType("implementations")
    package.__path__ = [str(root / "implementations")]
    sys.modules["implementations"] = package
    for folder in (root / "implementations", root):
        if folder.is_dir() and str(folder) not in sys.path:
            sys.path.append(str(folder))
