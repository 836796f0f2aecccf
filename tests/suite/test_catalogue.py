"""The catalogue is complete: pages, tests and contract name the same things."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.assignment import CatalogueError, Kind, contract, load
from grading.pytest_plugin import identifier_of

CHECKS = Path(__file__).parent.parent


class Collected:
    """A pytest plugin that keeps the identifiers of the checks that were collected."""

    def __init__(self) -> None:
        self.identifiers: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Called with the checks that are left after selection."""
        self.identifiers = [identifier for item in session.items if (identifier := identifier_of(item))]


def collected(*options: str) -> list[str]:
    """What pytest finds in the check files, training runs included."""
    plugin = Collected()
    files = [str(path) for path in sorted(CHECKS.glob("test_*.py"))]
    pytest.main(["--collect-only", "-q", "--no-header", "--experiments", "quick", *options, *files], plugins=[plugin])
    return plugin.identifiers


def test_there_are_24_questions_in_order() -> None:
    """Numbers, levels and points of the assignment."""
    course = load()
    assert len(course.questions) == 24
    assert course.levels == ("D", "C", "B", "A")


def test_every_check_has_a_test_and_every_test_a_check() -> None:
    """The manifest is what pytest collects, no more and no less; prose may have a test, or none."""
    manifest = load().manifest()
    found = collected()
    assert len(found) == len(set(found))
    assert {i for i, (_, check) in manifest.items() if check.kind is not Kind.PROSE} <= set(found) <= set(manifest)


def test_k_takes_numbers_of_questions() -> None:
    """The tests of a question have names in words; a number finds them all, alone or with a word."""
    wanted = {name for name in load().manifest() if name.startswith(("2.2.16/", "3.1.20/"))}
    assert len(wanted) == 12 and set(collected("-k", "2.2.16 or 3.1.20")) == wanted
    assert collected("-k", "2.2.16 and definite") == ["2.2.16/fisher_is_positive_definite"]


def test_every_function_of_the_contract_belongs_to_a_question() -> None:
    """Questions name only functions that a stub specifies, and no stub function is forgotten (networks are given)."""
    asked = {name for question in load().questions for name in question.functions}
    stubs = {f.qualified for module in contract().values() for f in module.functions.values()}
    assert asked <= stubs
    assert {name for name in stubs - asked if name.rpartition(".")[2][0].islower()} == set()


def test_points_of_a_question_are_shared_by_its_checks() -> None:
    """The checks of every question add up to its points."""
    for question in load().questions:
        assert sum(question.points_of(check) for check in question.checks) == pytest.approx(question.points)


def test_a_malformed_page_is_named_with_its_key(tmp_path: Path) -> None:
    """An unknown key is an error that names the file."""
    (tmp_path / "1.1.1.toml").write_text('number = "1.1.1"\nlevle = "D"\n')
    with pytest.raises(CatalogueError, match=r"1\.1\.1\.toml.*levle"):
        load(tmp_path)


SHARING = """
number = "9.1.1"
level = "D"
title = "Sharing"
points = 1
statement = "?"
needs = ["9.1.1/first"]
uses = ["gamma.natural_gradient"]

[[checks]]
name = "derivation"
claim = "Text."
[[checks]]
name = "words"
claim = "Text."
kind = "prose"
[[checks]]
name = "first"
claim = "Code."
alone = true
[[checks]]
name = "second"
claim = "Code."
[[checks]]
name = "trained"
claim = "Code."
kind = "experiment"
needs = ["9.1.1/second", "9.1.1/first"]
"""
USED = """
number = "9.1.2"
level = "D"
title = "Used"
points = 1
statement = "?"
functions = ["gamma.natural_gradient"]
"""


def test_what_checks_share_is_said_once(tmp_path: Path) -> None:
    """Checks of code get it, before what they say themselves; text does not, nor what stands alone.  It is looked at
    like anything else, and standing alone where nothing is shared is a mistake."""
    page = tmp_path / "9.1.1.toml"
    page.write_text(SHARING)
    (tmp_path / "9.1.2.toml").write_text(USED)
    checks = {check.name: check for check in load(tmp_path).questions[0].checks}
    assert all(checks[name].needs == checks[name].uses == [] for name in ("derivation", "words", "first"))
    assert checks["second"].needs == ["9.1.1/first"]
    assert checks["trained"].needs == ["9.1.1/first", "9.1.1/second"]
    assert checks["second"].uses == checks["trained"].uses == ["gamma.natural_gradient"]
    for old, new, words in (
        (
            'needs = ["9.1.1/first"]\n',
            'needs = ["9.1.1/frist"]\n',
            "9.1.1/second needs 9.1.1/frist, which does not exist",
        ),
        ("alone = true\n", "", "checks need one another: 9.1.1/first -> 9.1.1/first"),
        (
            'needs = ["9.1.1/first"]\nuses = ["gamma.natural_gradient"]\n',
            "",
            "first: alone = true, but the page has no",
        ),
    ):
        load.cache_clear()
        page.write_text(SHARING.replace(old, new, 1))
        with pytest.raises(CatalogueError, match=words):
            load(tmp_path)


def test_every_check_runs_after_those_it_needs(tmp_path: Path) -> None:
    """The order of the run respects the graph of prerequisites, and a circle is an error that names it."""
    course = load()
    place = {identifier: n for n, identifier in enumerate(course.run_order())}
    assert place.keys() == course.manifest().keys()
    for identifier, (_, check) in course.manifest().items():
        assert all(place[r] < place[identifier] for need in check.needs for r in course.required(need))
    page = 'number = "1.1.1"\nlevel = "D"\ntitle = "T"\npoints = 1\nstatement = "S"\n'
    checks = "".join(f'[[checks]]\nname = "{a}"\nclaim = "C"\nneeds = ["1.1.1/{b}"]\n' for a, b in ("ab", "ba"))
    (tmp_path / "1.1.1.toml").write_text(page + checks)
    with pytest.raises(CatalogueError, match=r"1\.1\.1/a -> 1\.1\.1/b -> 1\.1\.1/a"):
        load(tmp_path)
