"""The layout of a submission: which file answers for which module of the contract.

my-work/
  submission.toml     name or anonymous id, or the names of a group; optional [entry_points]
  answers.md          derivations and prose under headings that carry the question number
  implementations/    modules or notebooks with the contract's functions
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST = 2**14
"""Bytes of a `submission.toml` that is read: Python's reader takes time that grows with the square of a key's length,
and the judge reads it too."""


class LayoutError(Exception):
    """A folder or `submission.toml` that cannot be read; the message names file, line and remedy."""


@dataclass(frozen=True)
class Layout:
    """A submission's folder as `submission.toml` describes it."""

    root: Path
    name: str
    entry_points: dict[str, str] = field(default_factory=dict)
    """Contract names onto own ones: `gamma = "my_gamma.ipynb"`, `"gamma.fisher_information" = "my_gamma.py:fisher"`."""
    names: tuple[str, ...] = ()
    """Members of a group that hands in together."""

    @classmethod
    def read(cls, folder: Path) -> Layout:
        """Read `submission.toml`; without one, the folder's name and the default places serve.

        Raises:
            LayoutError: the folder is not there, or the file is not the TOML described above.
        """
        root = Path(os.path.realpath(folder))
        if not root.is_dir():
            raise LayoutError(
                f"{folder}: no such folder. Give the folder that holds submission.toml or implementations/."
            )
        page = root / "submission.toml"
        if not page.exists():
            return cls(root, root.name)
        try:
            table = table_of(page.read_bytes())
        except OSError as error:
            raise LayoutError(f"{page}: {error.strerror}; make it a file, or leave it out") from error
        except ValueError as error:
            raise LayoutError(f"{page}: not valid TOML: {error}") from error
        entries = table.get("entry_points", {})
        if not isinstance(entries, dict) or not all(isinstance(each, str) for each in entries.values()):
            raise LayoutError(f'{page}: [entry_points] must hold lines such as gamma = "my_gamma.py"')
        members = table.get("names", [])
        if not isinstance(members, list) or not all(isinstance(each, str) for each in members):
            raise LayoutError(f'{page}: names must be a list such as ["Ada", "Emmy"]')
        return cls(root, str(table.get("name", root.name)), entries, tuple(members))

    @classmethod
    def handed_in(cls, folder: Path) -> Layout:
        """As the grader takes it: a `submission.toml` that cannot be read counts as one that is not there.

        Raises:
            LayoutError: the folder is not there.
        """
        try:
            return cls.read(folder)
        except LayoutError:
            root = Path(os.path.realpath(folder))
            if not root.is_dir():
                raise
            return cls(root, root.name)

    def path_of(self, module: str) -> Path | None:
        """The file that answers for a module: its entry point, else the module or notebook of that name."""
        if module in self.entry_points:
            return self.inside(self.entry_points[module])
        for folder in (self.root / "implementations", self.root):
            for suffix in (".py", ".ipynb"):
                if (folder / (module + suffix)).is_file():
                    return folder / (module + suffix)
        return None

    def answers(self) -> str | None:
        """The text of `answers.md`, whatever its encoding; None where the file is not there."""
        page = self.root / "answers.md"
        return decoded(page.read_bytes()) if page.is_file() else None

    def source_of(self, module: str, function: str) -> tuple[Path | None, str]:
        """File and attribute that answer for one function."""
        target = self.entry_points.get(f"{module}.{function}")
        if target is None:
            return self.path_of(module), function
        file, _, attribute = target.partition(":")
        return self.inside(file), attribute or function

    def absence(self, module: str, function: str) -> str:
        """Why no file answers for a function."""
        sent = self.entry_points.get(f"{module}.{function}") or self.entry_points.get(module)
        if sent:
            return f"submission.toml sends it to {sent}, which is no file in this folder"
        return f"the submission has no implementations/{module}.py"

    def inside(self, name: str) -> Path | None:
        """A named file of the submission; None where it is absent or lies outside the folder."""
        for folder in (self.root / "implementations", self.root):
            path = (folder / name).resolve()
            if path.is_file() and path.is_relative_to(self.root):
                return path
        return None


def table_of(raw: bytes) -> dict[str, Any]:
    """What a `submission.toml` says.  Raises ValueError, whatever is wrong with it."""
    if len(raw) > LONGEST:
        raise ValueError(f"it has {len(raw)} bytes, and at most {LONGEST} are read")
    try:
        table = tomllib.loads(decoded(raw))
        repr(table)  # dotted keys nest without recursion; whoever shows or compares such a table would fail
        return table
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def decoded(raw: bytes) -> str:
    """Text as editors save it: UTF-8, with BOM or without, UTF-16 with BOM, else cp1252; any line ends."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")
