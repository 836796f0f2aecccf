"""Intake: from what strangers handed in to private, read-only copies that are safe to walk and to read.

take_in("downloads.zip", store)     a bulk download of Canvas or Moodle, a folder of folders or zips, or one of them

whose      who handed in which entries of a folder, by the names that Canvas, Moodle or a person gave them
unpack     zip and tar archives, without trusting a byte of them
store      what is left out, what is refused, and the copy
"""

from grading.intake.problem import Allowance, IntakeProblem
from grading.intake.take import Taken, take_in

__all__ = ["Allowance", "IntakeProblem", "Taken", "take_in"]
