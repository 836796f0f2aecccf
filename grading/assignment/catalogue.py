"""Read the question pages into a course, checked for consistency."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from grading.assignment.course import CatalogueError, Course
from grading.assignment.question import Page, Question

PAGES = Path(__file__).parent / "questions"


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
