"""The gradebook: the store of outcomes from which every report, export and resumed run is rendered.

    conditions   what a verdict depends on besides the submission: seed, profile, who answers for a failed prerequisite
    content      the identity of a submission: a hash of its files
    fingerprint  the identity of a check: a hash of its test and of what that imports
    book         the SQLite file: outcomes, marks given by hand, who handed in what
    standing     where a submission stands: what has ended, what waits, what is left to run

Resume, cache and regrade are one mechanism: an outcome that is there under the same content, check, fingerprint and
conditions is not computed again.
"""

from grading.gradebook.book import Gradebook, GradebookError, HandedIn, Key, Mark
from grading.gradebook.conditions import Conditions, Experiments, Prerequisites, Profile
from grading.gradebook.content import content_hash
from grading.gradebook.fingerprint import fingerprints
from grading.gradebook.standing import Standing, standing

__all__ = [
    "Conditions",
    "Experiments",
    "Gradebook",
    "GradebookError",
    "HandedIn",
    "Key",
    "Mark",
    "Prerequisites",
    "Profile",
    "Standing",
    "content_hash",
    "fingerprints",
    "standing",
]
