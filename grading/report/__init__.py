"""What people read, all rendered from the gradebook.

data      one submission's report as plain data: `report.json`, whose form `schema.json` publishes
fill      from a grade and its outcomes to that data
page      that data as a self-contained page: `report.html`
overview  the class as a page, and `grades.csv`
write     all of these into the output folder
"""

from grading.report.data import Report
from grading.report.fill import report
from grading.report.write import write

__all__ = ["Report", "report", "write"]
