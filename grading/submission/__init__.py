"""A submission seen from the judge's side: a folder, and a boundary that only plain data crosses.

    judge (checks, verdicts)  --request-->  worker (submitted code)
                              <--reply----

The same `Worker` answers in this process (a student's own pytest, with debugger and traceback) or in a sandboxed one
(grading); a check cannot tell the difference.
"""

from grading.submission.plain import Model, Rng, Unusable
from grading.submission.problems import Died, Missing, Problem, Raised, Returned, TimedOut
from grading.submission.proxy import Call, Function, Submission
from grading.submission.transport import InProcess, Transport

__all__ = [
    "Call",
    "Died",
    "Function",
    "InProcess",
    "Missing",
    "Model",
    "Problem",
    "Raised",
    "Returned",
    "Rng",
    "Submission",
    "TimedOut",
    "Transport",
    "Unusable",
]
