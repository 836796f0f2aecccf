"""Read the question pages into a course and its manifest of checks."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec

from derivations.goals.goal import Goal
from grading.assignment.limits import TimeLimits
from grading.assignment.policy import Policy
from grading.assignment.sharing import shared

PAGES = Path(__file__).parent / "questions"
Points = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Step = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
TITLE = "Variational inference"
"""Of a course that has no other."""
DERIVATION = "derivation"
"""The name of the check that reads a question's text."""


class CatalogueError(Exception):
    """A question page or course file that cannot be used; the message names file, key and remedy."""


class Kind(StrEnum):
    """How a check reaches its verdict."""

    TEST = "test"
    """A pytest test of seconds."""
    EXPERIMENT = "experiment"
    """A training run, with a profile; also a pytest test, deselected unless asked for."""
    PROSE = "prose"
    """A rubric that a human applies to the text; a test of that name, where there is one, lays evidence beside it."""


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One verdict on one question."""

    name: str
    """The pytest test is `test_<name>`, marked with the question's number."""
    claim: str
    """What is asked, in one sentence for students."""
    kind: Kind = Kind.TEST
    weight: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 1.0
    """Share of the question's points, relative to the question's other checks."""
    needs: list[str] = []
    """Checks (`1.2.4/name`) or whole questions (`1.2.4`) that must pass before this one means anything."""
    uses: list[str] = []
    """Contract functions of *other* questions that the functions under check call, e.g. `normal_gamma.score`: the
    reference may answer for them where that question failed."""
    alone: bool = False
    """Without what the page's checks share; with its own `needs` and `uses` all the same."""
    rubric: list[str] = []
    """For prose: what a full answer says, one item a line."""
    read: str = ""
    """Where to read: paper, equation or notebook."""


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One page of the catalogue."""

    number: Annotated[str, msgspec.Meta(pattern=r"^\d+(\.\d+)*$")]
    level: str
    title: str
    points: Points
    statement: str
    functions: list[str] = []
    """Contract functions this question asks for, e.g. `gamma.fisher_information`."""
    references: list[str] = []
    notebook: str = ""
    """The notebook of the clone that derives the answer; students have none, and are not sent there."""
    goals: list[Goal] = []
    """What the question wants to see derived; the check `derivation` looks for it."""
    checks: list[Check] = []
    step: Step = 0.25
    """Points of a check are a multiple of this."""

    def identifier(self, check: Check) -> str:
        """`2.2.16/fisher_is_positive_definite`."""
        return f"{self.number}/{check.name}"

    def points_of(self, check: Check) -> float:
        """Points of one check: the question's points, shared by weight in readable amounts."""
        place = [each.name for each in self.checks].index(check.name)
        return shared(self.points, tuple(each.weight for each in self.checks), self.step)[place]

    @property
    def code_tests(self) -> list[str]:
        """The tests of this question's functions: neither its text nor a training run."""
        return [self.identifier(each) for each in self.checks if each.kind is Kind.TEST and each.name != DERIVATION]

    @property
    def sort_key(self) -> tuple[int, ...]:
        """Numbers in numeric order: 2.1.10 comes after 2.1.9."""
        return tuple(int(part) for part in self.number.split("."))


class Page(Question, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question as it is written down, with what its checks have in common said once."""

    needs: list[str] = []
    """Shared by all checks of the question's code that do not stand alone; what a check says itself is added."""
    uses: list[str] = []
    """Likewise."""

    def question(self) -> Question:
        """The question, each check with all that it needs and uses."""
        fields = {name: getattr(self, name) for name in Question.__struct_fields__}
        return Question(**fields | {"checks": [self.extended(check) for check in self.checks]})

    def extended(self, check: Check) -> Check:
        """A check with what it shares; a text shares nothing."""
        if check.alone or check.kind is Kind.PROSE or check.name == DERIVATION:
            return check
        needs, uses = (dict.fromkeys(each) for each in (self.needs + check.needs, self.uses + check.uses))
        return msgspec.structs.replace(check, needs=list(needs), uses=list(uses))


class Course(msgspec.Struct, frozen=True):
    """All questions, in order, with their manifest."""

    questions: tuple[Question, ...]
    title: str = TITLE
    policy: Policy = Policy()
    tests: tuple[Path, ...] = ()
    """Folders with the tests of a course's own questions, besides the project's."""
    experiment_tolerance: float = 1.0
    """Acceptance bands of training runs, as a multiple of the recorded ones."""
    left_out: frozenset[str] = frozenset()
    """Numbers of questions that have pages and tests, but are not asked in this course."""
    limits: TimeLimits = TimeLimits()

    @property
    def points(self) -> float:
        """The denominator of every grade."""
        return sum(question.points for question in self.questions)

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels in the order in which they are reached: D, C, B, A."""
        return tuple(dict.fromkeys(question.level for question in self.questions))

    def question(self, number: str) -> Question:
        """The question with this number; KeyError names those there are."""
        for question in self.questions:
            if question.number == number:
                return question
        raise KeyError(f"no question {number}; there are {', '.join(q.number for q in self.questions)}")

    def goals(self) -> dict[str, list[Goal]]:
        """What each question wants to see derived, by number; only questions that do."""
        return {question.number: question.goals for question in self.questions if question.goals}

    def manifest(self) -> dict[str, tuple[Question, Check]]:
        """Every check by its identifier, in the order of the questions."""
        return {q.identifier(check): (q, check) for q in self.questions for check in q.checks}

    def required(self, need: str) -> list[str]:
        """The tests that a need stands for: itself, or all tests of a question."""
        if "/" in need:
            return [need]
        question = self.question(need)
        return [question.identifier(check) for check in question.checks if check.kind is Kind.TEST]

    def before(self, check: Check) -> list[str]:
        """The tests that decide how this check is run: those it needs, and those of the functions it uses."""
        needed = [required for need in check.needs for required in self.required(need)]
        owners = (question for question in self.questions if not set(question.functions).isdisjoint(check.uses))
        return needed + [identifier for question in owners for identifier in question.code_tests]

    def run_order(self) -> list[str]:
        """The manifest's checks, each after those that decide how it is run, otherwise in the order of the questions.

        Raises:
            CatalogueError: checks need one another in a circle.
        """
        manifest, order = self.manifest(), dict[str, None]()

        def visit(identifier: str, path: tuple[str, ...]) -> None:
            """Put everything before a check in its place, then the check."""
            if identifier in path:
                raise CatalogueError(f"checks need one another: {' -> '.join((*path, identifier))}")
            if identifier not in order:
                for required in self.before(manifest[identifier][1]):
                    visit(required, (*path, identifier))
                order[identifier] = None

        for identifier in manifest:
            visit(identifier, ())
        return list(order)

    def select(self, patterns: list[str] | None) -> tuple[Question, ...]:
        """Questions whose number is, or starts with, one of the patterns (`2.2` selects 2.2.13 to 2.2.19)."""
        if not patterns:
            return self.questions
        chosen = tuple(q for q in self.questions if any(matches(q.number, pattern) for pattern in patterns))
        for pattern in patterns:
            if not any(matches(q.number, pattern) for q in self.questions):
                raise CatalogueError(
                    f"--questions {pattern}: no such question; there are {', '.join(q.number for q in self.questions)}"
                )
        return chosen


def matches(number: str, pattern: str) -> bool:
    """`2.2` and `2.2.` match `2.2.16`; `2.2.1` does not."""
    pattern = pattern.rstrip(".")
    return number == pattern or number.startswith(pattern + ".")


def read_page(path: Path) -> Question:
    """One question page.

    Raises:
        CatalogueError: the page is not TOML, a key is missing, unknown or of the wrong type, or a check stands alone
            where the others share nothing.
    """
    try:
        page = msgspec.toml.decode(path.read_bytes(), type=Page)
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    if not page.needs + page.uses and (lonely := [check.name for check in page.checks if check.alone]):
        raise CatalogueError(f"{path}: {lonely[0]}: alone = true, but the page has no needs or uses that others share")
    return page.question()


@cache
def load(folder: Path = PAGES) -> Course:
    """The course of a folder of question pages, checked for consistency.

    Raises:
        CatalogueError: a page is malformed, a number is used twice, or a check needs one that does not exist.
    """
    return validated(folder, Course(tuple(read_page(path) for path in sorted(folder.glob("*.toml")))))


def validated(source: Path, course: Course) -> Course:
    """The course with its questions in order of number.

    Raises:
        CatalogueError: a number is used twice, a check needs one that no page has, or checks need one another.
    """
    pages = tuple(sorted(course.questions, key=lambda question: question.sort_key))
    numbers = [question.number for question in pages]
    known = set(numbers) | {question.identifier(check) for question in pages for check in question.checks}
    functions = {function for question in pages for function in question.functions}
    for question in pages:
        if numbers.count(question.number) > 1:
            raise CatalogueError(f"{source}: question {question.number} has two pages")
        for check in question.checks:
            if absent := [need for need in check.needs if need not in known]:
                raise CatalogueError(f"{source}: {question.identifier(check)} needs {absent[0]}, which does not exist")
            if strange := [function for function in check.uses if function not in functions]:
                raise CatalogueError(
                    f"{source}: {question.identifier(check)} uses {strange[0]}, which no question asks for"
                )
    course = msgspec.structs.replace(course, questions=pages)
    course.run_order()
    return course
