"""What the grader will see in a submission, told to the student before handing in.

Nothing written is dropped in silence.
"""

from grading.doctor.examine import Examination, Finding, Weight, examine

__all__ = ["Examination", "Finding", "Weight", "examine"]
