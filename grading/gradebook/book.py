"""The SQLite file.  Every outcome is one transaction, so a kill at any moment loses the check in flight at most.

An outcome is kept under what it depends on (content, check, fingerprint, seed policy), and that is its primary key:
it cannot be there twice.  Marks given by hand are only ever added; the latest counts.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from grading.printable import printable
from grading.verdict.outcome import Outcome, State

T = TypeVar("T")
VERSION = 1
PATIENCE = 60.0
"""Seconds to wait for another program that writes."""
TABLES = """
CREATE TABLE outcome (
    content TEXT NOT NULL, "check" TEXT NOT NULL, fingerprint TEXT NOT NULL, policy TEXT NOT NULL,
    state TEXT NOT NULL, body TEXT NOT NULL, isolation TEXT NOT NULL, recorded TEXT NOT NULL,
    PRIMARY KEY (content, "check", fingerprint, policy)
) STRICT, WITHOUT ROWID;
CREATE TABLE mark (
    number INTEGER PRIMARY KEY, content TEXT NOT NULL, "check" TEXT NOT NULL,
    points REAL NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE handed_in (
    submission TEXT PRIMARY KEY, content TEXT NOT NULL, folder TEXT NOT NULL, notices TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

REMEDIES = {
    sqlite3.SQLITE_BUSY: "another program is at it: wait until that has ended, and run the same command again",
    sqlite3.SQLITE_FULL: "make room, and run the same command again",
    sqlite3.SQLITE_READONLY: "ask for the right to write it and its folder, or copy the folder to where you may",
    sqlite3.SQLITE_NOTADB: "it is no gradebook: give another --out folder",
    sqlite3.SQLITE_CANTOPEN: "it is no gradebook, or you may not open it: give another --out folder",
}
"""By the primary code of an error (https://sqlite.org/rescode.html)."""


class GradebookError(Exception):
    """A file that is no gradebook, is damaged or of another version; the message names it and the remedy."""


class Key(NamedTuple):
    """What an outcome depends on."""

    content: str
    check: str
    fingerprint: str
    policy: str


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Points that a person gave for one check of one submission: a prose mark, or an override of a test."""

    content: str
    check: str
    points: float
    who: str
    why: str
    at: str = ""
    """UTC, ISO 8601; set when it is written."""


class HandedIn(msgspec.Struct, frozen=True):
    """Who handed in what; name and notices hold nothing that a terminal obeys."""

    submission: str
    content: str
    folder: str
    notices: list[str] = []

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "submission", printable(self.submission))
        msgspec.structs.force_setattr(self, "notices", [printable(each) for each in self.notices])


class Gradebook:
    """An open gradebook; several processes may read and write the same file."""

    def __init__(self, path: Path) -> None:
        """Open or create.  Raises GradebookError."""
        self.path = Path(path)
        try:
            # Threads may share it where they take turns, as those of the marking page do.
            self.connection = sqlite3.connect(
                self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
            self.create()
        except sqlite3.Error as error:
            raise GradebookError(f"{self.path}: {error}; {remedy(error)}") from None

    def create(self) -> None:
        """Make the tables of a new file; refuse a file of another version."""
        with self.transaction():
            found = self.connection.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                for statement in TABLES.split(";")[:-1]:
                    self.connection.execute(statement)
                self.connection.execute(f"PRAGMA user_version = {VERSION}")
        if found not in (0, VERSION):
            raise GradebookError(f"{self.path}: written by another version of evidence; give another --out folder")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def record(self, key: Key, outcome: Outcome, isolation: str) -> None:
        """Keep an outcome at once.  One that is there already stays, unless the grader had broken over it."""
        row = (*key, outcome.state, msgspec.json.encode(outcome).decode(), isolation, now())
        self.execute(
            "INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state,"
            " body = excluded.body, isolation = excluded.isolation, recorded = excluded.recorded"
            f" WHERE outcome.state = '{State.BROKEN}'",
            row,
        )

    def forget(self, key: Key) -> None:
        """Drop an outcome, so that the next one takes its place."""
        self.execute('DELETE FROM outcome WHERE content = ? AND "check" = ? AND fingerprint = ? AND policy = ?', key)

    def kept(self, content: str) -> dict[tuple[str, str, str], Outcome]:
        """All outcomes of one submission by check, fingerprint and seed policy."""
        rows = self.rows('SELECT "check", fingerprint, policy, body FROM outcome WHERE content = ?', content)
        return {(check, mark, policy): self.decoded(body, Outcome) for check, mark, policy, body in rows}

    def isolations(self, content: str) -> list[str]:
        """How the submission was kept apart while its outcomes were computed."""
        rows = self.rows("SELECT DISTINCT isolation FROM outcome WHERE content = ? ORDER BY 1", content)
        return [row[0] for row in rows]

    def every(self) -> Iterator[tuple[Key, Outcome]]:
        """All outcomes in the order of their keys."""
        query = 'SELECT content, "check", fingerprint, policy, body FROM outcome ORDER BY 1, 2, 3, 4'
        for *key, body in self.rows(query):
            yield Key(*key), self.decoded(body, Outcome)

    def latest(self) -> Iterator[tuple[Key, Outcome]]:
        """Of each check of each submission under each seed policy the outcome that was recorded last."""
        query = 'SELECT content, "check", fingerprint, policy, body, MAX(recorded) FROM outcome GROUP BY 1, 2, 4'
        for content, check, fingerprint, policy, body, _ in self.rows(query):
            yield Key(content, check, fingerprint, policy), self.decoded(body, Outcome)

    def add_mark(self, mark: Mark) -> None:
        """Keep a mark given by hand; earlier ones stay as history."""
        self.execute(
            'INSERT INTO mark (content, "check", points, who, why, at) VALUES (?, ?, ?, ?, ?, ?)',
            (mark.content, mark.check, mark.points, mark.who, mark.why, mark.at or now()),
        )

    def marks(self, content: str) -> list[Mark]:
        """Every mark of one submission, oldest first."""
        query = 'SELECT content, "check", points, who, why, at FROM mark WHERE content = ? ORDER BY number'
        return [Mark(**dict(zip(Mark.__struct_fields__, row, strict=True))) for row in self.rows(query, content)]

    def hand_in(self, entries: Iterable[HandedIn]) -> None:
        """Note who handed in what, all at once; who is no longer there is forgotten, their outcomes are not."""
        with self.transaction():
            self.execute("DELETE FROM handed_in")
            for entry in entries:
                self.execute(
                    "INSERT INTO handed_in VALUES (?, ?, ?, ?)",
                    (
                        entry.submission,
                        entry.content,
                        self.within(entry.folder),
                        msgspec.json.encode(entry.notices).decode(),
                    ),
                )

    def handed_in(self) -> list[HandedIn]:
        """Who handed in what, by submission."""
        rows = self.rows("SELECT submission, content, folder, notices FROM handed_in ORDER BY submission")
        home = self.path.parent
        return [
            HandedIn(name, work, os.path.abspath(home / folder), self.decoded(said, list[str]))
            for name, work, folder, said in rows
        ]

    def within(self, folder: str) -> str:
        """A folder beside this file by its path from here, so that both can be moved together; any other in full."""
        path, home = Path(os.path.abspath(folder)), Path(os.path.abspath(self.path.parent))
        return str(path.relative_to(home) if path.is_relative_to(home) else path)

    def set(self, name: str, value: Any) -> None:
        """Keep a setting of the run (conditions, isolation)."""
        text = msgspec.json.encode(value).decode()
        self.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, text))

    def get(self, name: str, kind: type[T], default: T) -> T:
        """A setting of the run."""
        rows = self.rows("SELECT value FROM setting WHERE name = ?", name)
        return self.decoded(rows[0][0], kind) if rows else default

    def decoded(self, body: str, kind: type[T]) -> T:
        """A value as it was written.  Raises GradebookError."""
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            raise GradebookError(
                f"{self.path}: damaged, or written by another version of evidence ({error});"
                " run `evidence grade` on it again, or restore a copy"
            ) from None

    def execute(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement and return its rows.  Raises GradebookError."""
        try:
            with closing(self.connection.execute(query, values)) as cursor:
                return cursor.fetchall()
        except sqlite3.Error as error:
            raise GradebookError(f"{self.path}: {error}; {remedy(error)}") from None

    def rows(self, query: str, *values: str) -> list[Any]:
        """The rows of a query."""
        return self.execute(query, values)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def remedy(error: sqlite3.Error) -> str:
    """What helps against what SQLite refuses."""
    return REMEDIES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "restore a copy, or give another --out folder")


def now() -> str:
    """The time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
