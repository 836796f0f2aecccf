"""Grades in the forms that other systems take, all made from the reports.

gradescope   results.json of one submission, and the autograder zip that makes it
canvas       a gradebook CSV for upload
moodle       a CSV for "Import grades"
github       the result JSON that GitHub Classroom's reporter reads
junit        JUnit XML, one suite a submission
tables       plain CSV and JSON
"""
