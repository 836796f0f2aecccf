"""Regrade requests and their answers: who, when, why, and what was done.

A request is data of the course (`regrades` in course.toml).  It is answered by points given by hand, which are one
more mark, or by running the check again.  Both are kept in the gradebook with the answer, all at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from grading.assignment.policy import Request
from grading.cluster.pool import Pool
from grading.gradebook import Gradebook, Key, Mark
from grading.gradebook.book import now
from grading.run import Run
from grading.verdict.outcome import Outcome


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request."""

    check: str
    did: str
    """What was done: `1.5 points given`, `run again: passed`."""
    who: str
    why: str
    at: str
    """UTC, ISO 8601."""


@dataclass(frozen=True)
class Asked:
    """A request with its answer, if there is one yet."""

    request: Request
    reply: Reply | None


def asked(book: Gradebook, requests: tuple[Request, ...], student: str) -> list[Asked]:
    """What one student asked, in the order of the course file."""
    own = [each for each in requests if each.student == student]
    return [Asked(each, next(reversed(replies(book, each)), None)) for each in own]


def replies(book: Gradebook, request: Request) -> list[Reply]:
    """Every answer to a request, oldest first; the latest counts."""
    return book.get(name_of(request), list[Reply], [])


def keep(book: Gradebook, request: Request, reply: Reply) -> None:
    """Add an answer; earlier ones stay as history."""
    book.set(name_of(request), [*replies(book, request), reply])


def give_points(book: Gradebook, request: Request, mark: Mark) -> Reply:
    """Answer with points by hand: a mark, which counts whatever the check says."""
    reply = Reply(check=mark.check, did=f"{mark.points:g} points given", who=mark.who, why=mark.why, at=now())
    with book.transaction():
        book.add_mark(mark)
        keep(book, request, reply)
    return reply


def run_again(run: Run, request: Request, content: str, check: str, who: str, why: str) -> Reply:
    """Answer by running the check again; its outcome takes the place of the one that was kept.

    A mark given by hand still counts more than any outcome.
    """
    folder = next(entry.folder for entry in run.gradebook.handed_in() if entry.content == content)
    job = msgspec.structs.replace(run.job(content, folder, set()), checks=(check,))
    with Pool(1, run.settings.isolation) as pool:
        ((_, ended),) = pool.run([job])
    key = Key(content, check, run.fingerprints[check], ended.policy)
    reply = Reply(check=check, did=f"run again: {in_words(ended.outcome)}", who=who, why=why, at=now())
    with run.gradebook.transaction():
        if not ended.outcome.waits_for:
            run.gradebook.forget(key)
            run.gradebook.record(key, ended.outcome, str(run.settings.isolation))
        keep(run.gradebook, request, reply)
    return reply


def in_words(outcome: Outcome) -> str:
    """`passed`, or `waits for 2.2.16`."""
    return f"waits for {outcome.waits_for}" if outcome.waits_for else str(outcome.state)


def name_of(request: Request) -> str:
    """The name that the gradebook keeps the answer under."""
    return f"regrade {request.identifier}"
