"""What students receive: questions, stubs, a place for answers, and the checks as a wheel.

Everything is made from the catalogue and the contract.  Nothing is copied from the reference, and the wheel leaves
out every package that holds a solution, so there is nothing from which one could be read.
"""

from grading.handout.wheel import WheelError
from grading.handout.write import HandoutError, write

__all__ = ["HandoutError", "WheelError", "write"]
