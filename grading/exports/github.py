"""GitHub Classroom: the result that `classroom-resources/autograding-grading-reporter` sums up.

A runner hands over base64 of `{version, status, max_score, tests}`; with one test for each question, questions may
earn part of their points.  The reporter shows fractions wrongly (autograding-grading-reporter #10), so points are
given in hundredths where they are no whole numbers.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from grading.report import lateness
from grading.report.data import QuestionReport, Report
from grading.verdict.outcome import State


def result(report: Report) -> dict[str, Any]:
    """The runner's result of one submission."""
    earned = [report.factor(q) * q.points for q in report.questions]
    scale = 1 if all(float(p).is_integer() for p in [*earned, *(q.maximum for q in report.questions)]) else 100
    broke = any(check.outcome is State.BROKEN for check in report.checks())
    full = report.points >= report.maximum - 1e-3
    return {
        "version": 3,
        "status": "error" if broke else "pass" if full else "fail",
        "max_score": round(scale * report.maximum),
        "tests": [test(report, question, scale) for question in report.questions],
    }


def test(report: Report, question: QuestionReport, scale: int) -> dict[str, Any]:
    """One question; its score is what counts, since the reporter knows no other total than the sum."""
    failed = [check for check in question.checks if check.outcome is not State.PASSED]
    late = [lateness.sentence(report)] if report.factor(question) < 1 else []
    return {
        "name": f"{question.number} {question.title}",
        "status": "pass" if question.points >= question.maximum - 1e-3 else "fail",
        "score": round(scale * report.factor(question) * question.points),
        "message": "\n\n".join([*late, *(check.feedback for check in failed)])[:5000],
        "test_code": ", ".join(check.id for check in question.checks),
        "filename": "",
        "line_no": 0,
        "duration": round(1000 * sum(check.seconds for check in question.checks)),
    }


def encoded(report: Report) -> str:
    """What a runner writes to its output `result`."""
    return base64.b64encode(msgspec.json.encode(result(report))).decode()
