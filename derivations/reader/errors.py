"""What could not be read, and where. Nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivations.reader.scanner import Piece


@dataclass
class ReadError(Exception):
    """A place in a text that cannot be read: line and column count from 1, `token` is what stands there."""

    reason: str
    line: int = 1
    column: int = 1
    token: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}"
        return f"{where}: {self.reason}" + (f" at `{self.token}`" if self.token else "")

    def placed(self, first: Piece) -> ReadError:
        """A complaint without a place of its own gets the place where the expression begins."""
        if (self.line, self.column) != (1, 1):
            return self
        return ReadError(self.reason, first.line, first.column, self.token or first.text)

    def moved(self, lines: int, columns: int = 0) -> ReadError:
        """The same error, when the text began `lines` lines further down (and `columns` to the right)."""
        column = self.column + columns if self.line == 1 else self.column
        return replace(self, line=self.line + lines, column=column)
