"""Who handed in what: each submission taken in as a private copy, with its name and the identity of its content."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from grading.gradebook import HandedIn, content_hash
from grading.intake import Taken, take_in
from grading.places import PROJECT
from grading.printable import printable
from grading.submission.folder import Layout, LayoutError

EXAMPLES = PROJECT / "grading" / "examples"
LATE = "handed in late, says the learning platform"
GROUP = "a group, says submission.toml: {}; the learning platform names this one, and the grade stands under it alone"

UNREADABLE = "{}. The file counts as one that is not there: what it maps onto other files and names is not found"


def entries(source: Path, store: Path) -> list[HandedIn]:
    """The submissions in a folder or archive, copied into `store`.

    Two submissions that call themselves the same are told apart by what they were handed in as; each member of a group
    is an entry of their own.  This project's own folder is graded where it is, and is one of the bundled examples.

    Raises:
        IntakeProblem: there is nothing at `source`, or nothing that could be submissions.
    """
    place = Path(os.path.realpath(source))
    if place == PROJECT:
        return [reference()]
    named = [(name, taken) for taken in take_in(source, store) for name in names_of(taken)]
    found = [entry(name, taken) for name, (_, taken) in zip(told_apart(named), named, strict=True)]
    return [reference(), *found] if place == EXAMPLES else found


def told_apart(named: list[tuple[str, Taken]]) -> list[str]:
    """The names, where two are the same followed by what was handed in, until no two are the same."""
    names = [name for name, _ in named]
    while twice := {name for name, count in Counter(names).items() if count > 1}:
        origins = [taken.owner.name for _, taken in named]
        names = [f"{name} ({origin})" if name in twice else name for name, origin in zip(names, origins, strict=True)]
    return names


def reference() -> HandedIn:
    """This project's own submission."""
    return HandedIn("reference", content_hash(PROJECT), str(PROJECT))


def names_of(taken: Taken) -> list[str]:
    """Whose it is: the learning platform knows best, then `submission.toml`, then the name of the folder or archive."""
    layout = layout_of(taken)
    if taken.owner.certain or layout is None:
        return [taken.owner.name]
    return members(layout) or [shown(layout.name) or taken.owner.name]


def layout_of(taken: Taken) -> Layout | None:
    """What `submission.toml` says; None where there is none that can be read."""
    if unreadable(taken) or not (taken.folder / "submission.toml").is_file():
        return None
    return Layout.read(taken.folder)


def unreadable(taken: Taken) -> list[str]:
    """What keeps `submission.toml` from being read, for its student."""
    try:
        Layout.read(taken.folder)
    except LayoutError as error:
        return [UNREADABLE.format(str(error).removeprefix(f"{os.path.realpath(taken.folder)}/"))]
    return []


def members(layout: Layout) -> list[str]:
    """The members of a group."""
    return list(dict.fromkeys(name for member in layout.names if (name := shown(member))))


def shown(name: str) -> str:
    """A name that somebody gave themselves, as it is kept: a short line that is told apart by what one sees of it."""
    return printable(" ".join(name[:100].split()))


def entry(name: str, taken: Taken) -> HandedIn:
    """One submission."""
    notices = [*([taken.problem] if taken.problem else []), *taken.notices]
    notices += [*unreadable(taken), *([LATE] if taken.owner.late else [])]
    layout = layout_of(taken) if taken.owner.certain else None
    if layout is not None and len(group := members(layout)) > 1:
        notices.append(GROUP.format(", ".join(group)))
    return HandedIn(name, content_hash(taken.folder), str(taken.folder), notices)
