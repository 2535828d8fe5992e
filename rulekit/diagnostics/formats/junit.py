"""JUnit's XML, which Jenkins, GitLab and others read as the result of tests: one case per file or per test."""

from xml.etree import ElementTree as ET

from rulekit.diagnostics.diagnostic import has_errors
from rulekit.diagnostics.display import visible
from rulekit.diagnostics.rendering import render as render_text
from rulekit.diagnostics.rendering import summary
from rulekit.diagnostics.report import Case, Report


def render(report: Report) -> str:
    """Returns one suite; a case with an error failed, one with lesser reports passed and has them as its output."""
    counts = {
        "name": visible(f"rulekit {report.command}"),
        "tests": str(len(report.cases)),
        "failures": str(sum(has_errors(case.diagnostics) for case in report.cases)),
        "errors": "0",
        "skipped": "0",
        "time": f"{sum(case.seconds or 0 for case in report.cases):.3f}",
    }
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", counts)
    for case in report.cases:
        _add_case(case, report, suite)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _add_case(case: Case, report: Report, suite: ET.Element) -> None:
    about = {"classname": f"rulekit.{visible(report.command)}", "name": visible(case.name)}
    if case.path:
        about["file"] = visible(report.base + case.path)
    element = ET.SubElement(suite, "testcase", about, time=f"{case.seconds or 0:.3f}")
    if not case.diagnostics:
        return
    text = render_text(case.diagnostics, report.sources)
    if has_errors(case.diagnostics):
        ET.SubElement(element, "failure", message=summary(case.diagnostics), type="error").text = text
    else:
        ET.SubElement(element, "system-out").text = text
