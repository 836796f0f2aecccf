"""JUnit XML: one suite a submission, one case a check."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from grading.report import lateness
from grading.report.data import CheckReport, Report
from grading.verdict.outcome import State

UNPRINTABLE = re.compile(r"[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""Characters that XML 1.0 cannot hold."""
ELEMENTS = {
    State.FAILED: "failure",
    State.ERROR: "error",
    State.TIMEOUT: "error",
    State.BROKEN: "error",
    State.NOT_RUN: "skipped",
    State.NEEDS_HUMAN: "skipped",
}


def write(reports: Sequence[Report]) -> bytes:
    """The XML document."""
    root = ET.Element("testsuites", name="evidence")
    for report in reports:
        root.append(suite(report))
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def suite(report: Report) -> ET.Element:
    """One submission, with the counts that readers of this format rely on."""
    checks = report.checks()
    kinds = [ELEMENTS.get(check.outcome, "") for check in checks]
    element = ET.Element("testsuite", name=clean(report.submission), tests=str(len(checks)))
    for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(plural, str(kinds.count(kind)))
    element.set("time", f"{report.seconds:.3f}")
    properties = ET.SubElement(element, "properties")
    values = [f"{report.points:g}", *lateness.cells(report)]
    for name, value in zip(("points", *lateness.COLUMNS), values, strict=True):
        ET.SubElement(properties, "property", name=name, value=clean(value))
    element.extend(case(check) for check in checks)
    return element


def case(check: CheckReport) -> ET.Element:
    """One check."""
    number, _, name = check.id.partition("/")
    element = ET.Element("testcase", classname=number, name=name, time=f"{check.seconds:.3f}")
    if check.outcome in ELEMENTS:
        child = ET.SubElement(element, ELEMENTS[check.outcome], message=clean(check.message)[:500])
        if child.tag != "skipped":
            child.set("type", str(check.outcome))
            child.text = clean(check.feedback)
    return element


def clean(text: str) -> str:
    """Text without what XML cannot hold."""
    return UNPRINTABLE.sub("�", text)
