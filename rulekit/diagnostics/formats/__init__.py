"""The formats of a report: one module each, whose `render` takes a Report and returns its text.

A module is imported when its format is asked for.
"""

from importlib import import_module
from typing import Protocol, cast

from rulekit.diagnostics.report import Report

# every format, with what it is for; the module of the same name renders it
FORMATS = {
    "text": "for people: each report with its source line",
    "concise": "one line per report",
    "json": "for programs; its schema is published and versioned",
    "github": "annotations on GitHub, ten of a kind",
    "gitlab": "GitLab's Code Quality",
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "JUnit's XML, for services that show tests",
    "markdown": "for the summary of a job or a comment",
}
# those that are one document each, which nothing else can stand beside on standard output
DOCUMENTS = frozenset({"json", "gitlab", "sarif", "junit"})


class Format(Protocol):
    """A module that renders reports."""

    def render(self, report: Report) -> str:
        """Returns the report's text, with a line break at its end unless it is empty."""


def render(style: str, report: Report) -> str:
    """Returns a report in one of FORMATS."""
    return cast(Format, import_module(f"{__name__}.{style}")).render(report)
