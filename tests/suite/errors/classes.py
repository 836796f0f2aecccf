"""Which exceptions carry a message for the user of a command, and what becomes of all others."""

from __future__ import annotations

import argparse

import pytest

from derivations.contexts import ContextError
from derivations.reader import ReadError
from grading.cli.mistakes import MISTAKES
from grading.experiments.mnist import DataError
from grading.exports.canvas import TitleError
from grading.exports.moodle import WorksheetError
from grading.exports.project import NotASource
from grading.marking import TableError
from grading.marking.desk import Unmarkable
from grading.submission.loading import LoadError
from grading.submission.notebook import NotebookError

TOLD = (
    *(each for each in MISTAKES if each is not OSError),
    ContextError,
    DataError,
    LoadError,
    NotASource,
    NotebookError,
    ReadError,
    TableError,
    TitleError,
    Unmarkable,
    WorksheetError,
    argparse.ArgumentTypeError,
    pytest.UsageError,
)
"""Their text is shown as it is: by `evidence`, by the marking page, or by pytest before it runs anything."""

OUTCOME = "what a check found: part of its outcome, and shown with the question, the claim and an example"
UNDECIDED = "why a step or a formula is undecided: part of its verdict, which `evidence check` shows as evidence"
SANDBOX = "between the grader and the processes of a submission: becomes an outcome, or the verdict on a worker"
MAINTAINERS = "`python -m grading.experiments.reference_report`, which the maintainers run"
SYSTEM = "what the operating system refuses: `main` says the path, why, and what to do"
CAUGHT = "caught in the same file, which says it in other words"
STOPPED = "Ctrl-C, after the command that goes on was printed (tests/suite/test_interrupt.py)"
PROGRAM = "a mistake of whoever writes the program, not of whoever runs it"

ELSEWHERE = {
    **dict.fromkeys(("Refuted", "NeedsHuman", "NotADraw", "Untrainable", "at_step", "NoMoreExamples"), OUTCOME),
    **dict.fromkeys(("Missing", "Raised", "Returned", "TimedOut", "Died", "Unusable"), OUTCOME),
    **dict.fromkeys(("BudgetExceeded", "TimeoutError"), OUTCOME),
    **dict.fromkeys(("Unprovable", "Meaningless", "NotFinite", "NotExplicit", "NoMoment"), UNDECIDED),
    **dict.fromkeys(("NotNumeric", "TooLarge", "ZeroDivisionError"), UNDECIDED),
    **dict.fromkeys(("Malformed", "Lost"), SANDBOX),
    **{"Exit": STOPPED, "BadZipFile": CAUGHT, "PROBLEMS.get(str(kind), Raised)": OUTCOME},
}
"""What becomes of the others."""
BUILT_IN = {
    ("grading/report/write.py", "OSError"): SYSTEM,
    **{(f"grading/sandbox/{page}.py", "OSError"): SANDBOX for page in ("confine", "seccomp", "server")},
    ("grading/experiments/reference_epochs.py", "FileNotFoundError"): MAINTAINERS,
    ("derivations/goals/goal.py", "ValueError"): "said of the page by whoever decodes it, in a CatalogueError",
    ("grading/submission/folder.py", "ValueError"): "said of the page by whoever reads it, in a LayoutError",
    ("grading/spreadsheet.py", "Error"): "told by whoever reads the table, with its name",
    ("grading/experiments/battery.py", "ValueError"): "an answer that differs from the reference: part of an outcome",
    ("grading/assignment/course.py", "KeyError"): PROGRAM,
    ("grading/submission/proxy.py", "AttributeError"): PROGRAM,
    ("grading/verdict/exhibits.py", "ValueError"): PROGRAM,
    **{(f"grading/montecarlo/{page}.py", "ValueError"): PROGRAM for page in ("categorical", "mean", "sequential")},
    ("derivations/context.py", "KeyError"): UNDECIDED,
    ("derivations/densities.py", "TypeError"): PROGRAM,
}
"""Classes of Python itself say nothing by their name, so they are sorted file by file."""
