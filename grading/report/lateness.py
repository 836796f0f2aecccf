"""What late work lost, in the words and columns that the class table and the exports share."""

from __future__ import annotations

from grading.report.data import Report

COLUMNS = ("points_before", "handed_in", "days_late", "late_rule")


def cells(report: Report) -> list[str]:
    """Points before anything was taken off, hand-in time, days begun after the deadline, and the rule."""
    return [f"{report.before:g}", report.handed_in.at, str(report.days_late), report.handed_in.rule]


def sentence(report: Report) -> str:
    """`27 points before 2.7 were taken off for being late (handed in ...; 10 % ...)`, or nothing."""
    if not report.lost_late:
        return ""
    when = " and ".join(dict.fromkeys(level.handed_in for level in report.levels if level.days_late))
    why = f"handed in {when}; {report.handed_in.rule}"
    return f"{report.before:g} points before {report.lost_late:g} were taken off for being late ({why})"
