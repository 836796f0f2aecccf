"""Marking by hand: one answer after another for one question, with its rubric and its evidence.

Names stay hidden, each mark is saved at once with who, when and why, and two markers can be compared.
"""

from grading.marking.agreement import Agreement, agreement
from grading.marking.app import make_app
from grading.marking.desk import Answer, Desk
from grading.marking.table import TableError, read_table, write_table

__all__ = ["Agreement", "Answer", "Desk", "TableError", "agreement", "make_app", "read_table", "write_table"]
