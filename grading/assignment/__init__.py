"""The question catalogue: the one source of points, levels, contract and checks.

Each question is one page in `questions/`, each contract module one page in `stubs/`.  Everything else (the tests,
the command line, the handout, the reports) reads them here.  The manifest of checks and their points is fixed when
the course is loaded, before anything of a submission is looked at, so no grade depends on what was collected.
"""

from grading.assignment.catalogue import load
from grading.assignment.contract import ContractFunction, ContractModule, contract
from grading.assignment.course import CatalogueError, Course
from grading.assignment.course_file import load_course
from grading.assignment.question import Check, Kind, Question

__all__ = [
    "CatalogueError",
    "Check",
    "ContractFunction",
    "ContractModule",
    "Course",
    "Kind",
    "Question",
    "contract",
    "load",
    "load_course",
]
